"""Mirrors ratecraft/tuning/user_loop.py: what a body may tell, and when a trial is stopped."""

import math
from typing import Any

import pytest

from ratecraft.controllers.search.early_stopping import report_at, rungs_of
from ratecraft.controllers.search.reading import space_of
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending
from ratecraft.records.trials import Trial
from ratecraft.tuning.user_loop import Turn

JOB = Job(stop=160, arguments=("rate=0.1",))


def turn(before: list[list[tuple[int, float]]] | None = None, **changes: Any) -> Turn:
    given: dict[str, Any] = {"method": "asha", "steps": 160, "metric": Metric("loss", "min")}
    space = space_of({"rate": (1e-3, 1e-1)}, in_command=True)
    settings = SearchSettings(what="loop", space=space, baseline=False, **{**given, **changes})
    told = {rung: [report_at(reports, rung) for reports in before or []] for rung in rungs_of(settings)}
    known = {rung: sorted(score for score in scores if score is not None) for rung, scores in told.items()}
    return Turn(JOB, Trial(0, {"rate": 0.1}), settings, known)


def test_the_last_report_is_the_score_and_all_of_them_are_kept() -> None:
    made = turn()
    made.report(10, 2.0)
    made.report(160, 1.0)
    outcome = made.outcome()
    assert (outcome.ending, outcome.score, outcome.steps) == (Ending.DONE, 1.0, 160)
    assert [(each.step, each.value) for each in outcome.figures] == [(10, 2.0), (160, 1.0)]


def test_without_steps_a_trial_counts_as_one_whatever_it_reports() -> None:
    made = turn(method="random", steps=None)
    made.report(500, 1.0)
    assert made.outcome().executed == 1


def test_a_trial_without_a_report_has_no_score() -> None:
    assert turn().outcome().score is None
    assert not turn().should_stop()


def test_a_trial_is_stopped_at_a_rung_where_an_earlier_one_was_better() -> None:
    made = turn([[(10, 1.0), (40, 0.5)]])
    made.report(5, 9.0)
    assert not made.should_stop()
    made.report(10, 1.5)
    assert made.should_stop()
    made.report(12, 0.1)
    assert made.should_stop()
    assert made.outcome().ending is Ending.ENDED_EARLY


def test_a_trial_that_leads_goes_on() -> None:
    made = turn([[(10, 1.0), (40, 0.5)]])
    made.report(10, 0.9)
    assert not made.should_stop()
    made.report(40, 0.6)
    assert made.should_stop()


def test_where_larger_is_better_the_smaller_one_is_stopped() -> None:
    made = turn([[(10, -0.9)]], metric=Metric("acc", "max"))
    made.report(10, 0.5)
    assert made.should_stop()


def test_what_is_no_number_stops_any_method() -> None:
    made = turn(method="random", steps=None)
    made.report(1, math.nan)
    assert made.should_stop()
    assert made.outcome().ending is Ending.BLOWN_UP
    assert made.outcome().score is None


@pytest.mark.parametrize(("step", "loss"), [(0, 1.0), (4, 1.0), (1.5, 1.0), ("1", 1.0), (9, "low"), (9, None)])
def test_a_report_of_something_else_is_refused(step: Any, loss: Any) -> None:
    made = turn()
    made.report(5, 2.0)
    with pytest.raises(InvalidInput, match="A report takes a step and a loss"):
        made.report(step, loss)
