"""Mirrors ratecraft/controllers/tune/sureness.py, on whole studies of formulas."""

from dataclasses import replace

import pytest
from tests.controllers.worlds import Formula, follow

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_plan import plan_of
from ratecraft.controllers.tune.sureness import second_run
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Outcome, RunFacts

LOSS = Metric("val_loss", "min")
START = Start(2000, "run", 0.01, LOSS, Cadence("epoch-end"), single_pass=False, facts=Formula().facts())

OPEN = Formula(bottom=30.0, edge=99)


class Adagrad(Formula):
    """A formula whose optimizer is Adagrad."""

    def facts(self) -> RunFacts:
        return replace(super().facts(), optimizers=("Adagrad",))


class Halved(Formula):
    """A formula whose final run diverges, and goes on at half its rate."""

    def outcome(self, job: Job) -> Outcome:
        found = super().outcome(job)
        return replace(found, halvings=(300,)) if job.in_place else found


def test_a_closed_bracket_and_a_final_run_as_expected_are_sure() -> None:
    answer = follow(Formula()).answer
    assert (answer.doubts, answer.is_sure) == ((), True)


@pytest.mark.parametrize(
    ("world", "doubt"),
    [
        *((OPEN, "open"), (Adagrad(), "slows-itself"), (Halved(), "halved")),
        *((Formula(slope=0.4, bottom=-3.0), "rising"), (Formula(slope=-1.1, height=10.0), "falling")),
        (Formula(horizon=300), "one-length"),
    ],
)
def test_a_step_that_lacks_its_evidence_is_a_doubt(world: Formula, doubt: str) -> None:
    answer = follow(world).answer
    assert doubt in answer.doubts
    assert not answer.is_sure


def test_an_answer_without_a_rate_is_not_sure_and_has_no_doubts() -> None:
    answer = follow(Formula(width=0.0, edge=99)).answer
    assert answer.verdict == "no-information"
    assert (answer.doubts, answer.is_sure) == ((), False)


@pytest.mark.parametrize(("budget", "octaves"), [(None, -1.0), (1.8, None), (2.6, -1.0)])
def test_an_open_bracket_buys_a_second_run_unless_the_user_said_what_a_study_may_cost(
    budget: float | None, octaves: float | None
) -> None:
    plan = plan_of(START, TunerSettings.usual("fork", budget=budget))
    assert second_run(plan, {"open"}) == octaves


@pytest.mark.parametrize(("horizon", "budget", "octaves"), [(300, 2.6, -1.5), (300, 2.5, None), (2000, 2.5, None)])
def test_a_run_of_one_short_rung_has_its_second_run_lower(horizon: int, budget: float, octaves: float | None) -> None:
    plan = plan_of(replace(START, horizon=horizon), TunerSettings(budget=budget))
    assert second_run(plan, frozenset()) == octaves


def test_a_second_run_is_one_octave_lower_and_two_higher_where_the_best_rate_may_rise() -> None:
    for world, octaves in ((Formula(), -1), (Adagrad(), 2)):
        first, second = (
            max(job.schedules["rate"].curve(2000)[job.start :])
            for job in follow(world, TunerSettings.usual("fork", budget=3)).of("final")
        )
        assert second / first == pytest.approx(2.0**octaves, rel=0.02)
