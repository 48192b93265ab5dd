"""The check of foresight: what it counts, on a task that is only a formula, and on the design half."""

import doctest

import foresight
import pytest
from foresight import KINDS, Case, cases, summary, told_by_studies
from frozen import is_complete, load
from suite import TASKS, Task
from tests.benchmarks.valley import STEPS, loss_of, valley

from ratecraft.records.answer import Span

VALLEY = Task("valley", "design", core=1)


def test_the_examples_run() -> None:
    assert doctest.testmod(foresight).failed == 0


def test_every_kind_predicts_the_linear_runs_about_the_best_rate() -> None:
    found = list(cases(VALLEY, valley()))
    assert {case.kind for case in found} == set(KINDS)
    runs = [loss_of(octave, STEPS, seed=seed) for octave in range(-3, 6) for seed in range(4)]
    assert all(any(case.came == pytest.approx(run) for run in runs) for case in found)
    assert len(found) >= 4 * 3 * len(KINDS)


def test_a_law_of_powers_is_foreseen() -> None:
    made = [case for case in cases(VALLEY, valley()) if case.said is not None]
    assert len(made) >= 24
    assert all(case.said and case.said.low < case.came < case.said.high for case in made)


def test_rates_that_blew_up_are_no_case() -> None:
    assert all(case.came < 10 for case in cases(VALLEY, valley(edge=1)))


def test_a_whole_study_says_what_its_own_run_came_to() -> None:
    (told, *_) = told_by_studies(VALLEY, valley())
    assert told.case.came == pytest.approx(loss_of(1.0, STEPS), rel=0.02)


def test_coverage_is_of_the_predictions_that_were_made() -> None:
    span = Span(1.0, 0.9, 1.1)
    rows = [Case("a", "b", span, came) for came in (0.95, 1.05, 1.2, 0.89)] + [Case("a", "b", None, 1.0)]
    assert summary(rows).startswith("4 | 1 | 50 % |")


DESIGN = [each for each in TASKS if each.half == "design"]


@pytest.mark.skipif(not all(is_complete(each.name) for each in DESIGN), reason="the oracle is not frozen yet")
def test_on_the_design_half_the_intervals_hold_what_they_promise() -> None:
    made = [case for each in DESIGN for case in cases(each, load(each.name)) if case.said is not None]
    held = sum(case.said.low <= case.came <= case.said.high for case in made if case.said)
    assert len(made) >= 200
    assert 0.85 <= held / len(made) <= 0.95
