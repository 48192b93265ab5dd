"""The figures of a tuner against slow ways to come to the same, and what counts as wrong."""

import doctest
import math
import statistics
from types import ModuleType

import calibration
import numpy as np
import pytest
import share_bounds
import tuner_figures
from calibration import by_task, left_out, span_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scoring import Regret
from share_bounds import bootstrap_over, clopper_pearson, share_of
from tuner_figures import FIGURES, Judged, cell, figure, kinds_of

ERRORS = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=4), min_size=1
)


def study(task: str = "a", seed: int = 0, share: float = 0.0, **said: object) -> Judged:
    values = {"off": 0.0, "learns": True, "verdict": "gain", "runs": 1.5, "total": 2.6}
    return Judged(task=task, seed=seed, regret=Regret(share, 100 * share), **(values | said))


@pytest.mark.parametrize("module", [share_bounds, tuner_figures, calibration])
def test_the_examples_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@given(st.integers(1, 40), st.floats(0, 1))
def test_the_bounds_of_a_share_are_the_exact_ones(trials: int, share: float) -> None:
    hits = round(share * trials)
    exact = binomtest(hits, trials).proportion_ci(method="exact")
    assert clopper_pearson(hits, trials) == pytest.approx((exact.low, exact.high))


def test_a_share_is_of_tasks_however_many_studies_each_has() -> None:
    share, low, high = share_of({"a": [True] * 9, "b": [False], "c": [False], "d": [False]})
    assert share == 0.25
    assert (low, high) == clopper_pearson(1, 4)


def test_bootstrap_draws_draw_tasks_not_studies() -> None:
    values = {"a": [0.0] * 50, "b": [1.0] * 50}
    assert bootstrap_over(values, statistics.fmean) == (0.0, 1.0)
    assert bootstrap_over({"a": [1.0, 2.0]}, statistics.fmean) == (1.5, 1.5)


def test_medians_and_shares_are_those_of_a_slow_count() -> None:
    rows = [study(task, seed, 0.01 * seed * (1 + (task == "b"))) for task in "ab" for seed in range(5)]
    shares = [100 * row.regret.share for row in rows]
    assert figure("regret, %", rows).value == statistics.median(shares)
    assert figure("failures", rows).value == sum(row.regret.share > 0.05 for row in rows) / len(rows)
    assert figure("runs", rows).value == 1.5
    assert figure("regret, %", rows).studies == 10


def test_tasks_of_which_nothing_can_be_learned_count_only_for_abstaining() -> None:
    rows = [study(), study("b", learns=False, verdict="no-information", share=9.0), study("c", learns=False)]
    assert figure("regret, %", rows).value == 0.0
    assert figure("abstains, nothing to learn", rows).value == 0.5
    assert figure("answers", rows).value == 1.0


def test_intervals_are_counted_over_answers_that_gave_one() -> None:
    rows = [
        study(holds_best=True, width=1.0, good_share=0.5),
        study("b"),
        study("c", verdict="refused", holds_best=None),
        study("d", holds_best=False, width=3.0, good_share=0.0),
    ]
    assert figure("interval given", rows).value == pytest.approx(2 / 3)
    assert figure("interval holds best", rows).value == 0.5
    assert figure("interval width", rows).value == 2.0
    assert figure("forecast holds", rows).studies == 0


def test_every_figure_can_be_printed_also_of_nothing() -> None:
    rows = [study(share=math.inf), study("b", away=1.0, missed_by=0.1)]
    for name in FIGURES:
        assert cell(name, []) == ""
        assert cell(name, rows) == "" or "…" in cell(name, rows)
    assert cell("failures", rows).startswith("50 % (")


def told(**said: object) -> tuple[str, ...]:
    usual = {"keeps": "tuned", "baseline": 1.0, "tuned": 0.9, "control": 0.9, "others": (0.9, 1.0), "sd": 0.01}
    return kinds_of(**(usual | said))


def test_a_right_verdict_is_not_called_wrong() -> None:
    assert told(verdict="gain") == told(verdict="no-gain", keeps="baseline", control=0.97) == ()
    assert told(verdict="no-information", keeps="baseline", tuned=None, others=None, control=0.1) == ()


def test_the_ways_to_be_wrong() -> None:
    assert told(verdict="no-gain", keeps="baseline", control=0.5) == ("keep",)
    assert told(verdict="gain", others=(1.1, 1.0)) == ("gain",)
    assert told(verdict="saturated", tuned=1.2) == ("model",)


@given(ERRORS, st.sampled_from((0.5, 0.8, 0.9)))
def test_a_span_is_that_of_tasks_that_weigh_alike(errors: dict[str, list[float]], share: float) -> None:
    times = math.lcm(*map(len, errors.values()))
    alike = [value for values in errors.values() for value in values for _ in range(times // len(values))]
    ends = ((1 - share) / 2, (1 + share) / 2)
    assert span_of(errors, share) == tuple(np.quantile(alike, ends, method="inverted_cdf"))


def test_a_task_has_no_part_in_its_own_span() -> None:
    assert left_out({"a": [0.0, 0.0], "b": [0.0, 9.0], "c": [0.5]})["b"] == [True, False]


def test_errors_are_of_what_can_be_learned_and_was_told() -> None:
    rows = [study(away=1.0), study(seed=1), study("b", learns=False, away=2.0), study("c", away=-1.0)]
    assert by_task(rows, lambda each: each.away) == {"a": [1.0], "c": [-1.0]}
