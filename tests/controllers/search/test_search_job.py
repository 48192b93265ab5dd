"""Mirrors ratecraft/controllers/search/search_job.py."""

import math

import pytest

from ratecraft.controllers.probing.rungs import Rung
from ratecraft.controllers.search.search_job import asked_for, known
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Space
from ratecraft.controllers.search.trial_jobs import Frame
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Figure, Outcome, RunFacts
from ratecraft.records.trials import Trial
from ratecraft.schedules.lengths import Horizon

FRAME = Frame(SearchSettings(method="asha"), Space(), 400, 0.1, Metric("val_acc", "max"), rungs=(Rung(100, 125),))
JOB = Job(stop=400, evaluate=Evaluate("natural", "val_acc", direction="max"))
FIGURES = (Figure(200, "val_acc", 0.9), Figure(400, "val_acc", 0.8))


def full(outcome: Outcome) -> float:
    came = known(asked_for(Proposed(JOB, "trial", trial=Trial(0, rung=1))), outcome, FRAME).came
    assert came is not None
    return came.score


def test_a_full_run_is_compared_by_its_last_figure_and_its_best_one_is_kept() -> None:
    job = known(
        asked_for(Proposed(JOB, "trial", trial=Trial(0, rung=1))),
        Outcome(JOB.key, Ending.DONE, steps=400, score=0.8, figures=FIGURES),
        FRAME,
    )
    assert job.came is not None
    assert (job.came.score, job.came.run_result.best, job.came.run_result.best_at) == (-0.8, 0.9, 200)


def test_a_shortened_run_is_compared_by_the_score_that_it_was_asked_for() -> None:
    job = known(
        asked_for(Proposed(JOB, "trial", trial=Trial(0, rung=0))),
        Outcome(JOB.key, Ending.DONE, steps=125, score=0.7, figures=FIGURES),
        FRAME,
    )
    assert job.came is not None
    assert (job.came.score, job.came.run_result.final) == (-0.7, None)


@pytest.mark.parametrize("ending", [Ending.BLOWN_UP, Ending.FAILED])
def test_a_run_that_did_not_come_to_its_end_has_no_score(ending: Ending) -> None:
    assert full(Outcome(JOB.key, ending, steps=9, score=0.8, figures=FIGURES)) == math.inf


def test_a_look_tells_how_long_a_run_is() -> None:
    look = asked_for(Proposed(Job(stop=1, evaluate=Evaluate("census")), "census", trial=Trial(0, rung=1)))
    came = known(look, Outcome(look.key, Ending.DONE, facts=RunFacts(horizon=800, steps_per_epoch=8.0)), FRAME).came
    assert came is not None
    assert (look.is_look, came.horizon, came.score) == (True, Horizon(800, 8), math.inf)


def test_of_a_run_without_the_figure_the_names_of_the_others_are_kept() -> None:
    figures = (Figure(1, "loss", 2.0), Figure(2, "loss", 1.0), Figure(2, "lr", 0.1))
    job = known(
        asked_for(Proposed(JOB, "trial", trial=Trial(0))), Outcome(JOB.key, Ending.DONE, figures=figures), FRAME
    )
    assert job.came is not None
    assert job.came.silent == ("loss", "lr")
