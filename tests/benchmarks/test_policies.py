"""Rivals that are played on frozen runs keep the best of what they tried, and pay for all of it."""

import math

import pytest
from policies import POLICIES, suggestions
from tests.benchmarks.valley import STEPS, loss_of, valley


def test_the_default_rate_is_one_run() -> None:
    found = POLICIES["default, linear"][0](valley(), 0, 0)
    assert (found.octave, found.runs) == (0.0, 1.0)
    assert found.loss == pytest.approx(loss_of(0, STEPS))


@pytest.mark.parametrize("count", [4, 8, 16])
def test_more_random_runs_cost_more_and_are_never_worse(count: int) -> None:
    few, many = (POLICIES[f"random {each}"][0](valley(), 2, 5) for each in (4, count))
    assert many.runs == count
    assert many.loss <= few.loss


def test_a_grid_keeps_its_best_point() -> None:
    found = POLICIES["grid of 4"][0](valley(), 1, 0)
    assert found.octave == pytest.approx(0.5 * math.log2(10))
    assert found.runs == 4


def test_successive_halving_spends_less_than_all_its_trials_and_finds_the_valley() -> None:
    found = POLICIES["ASHA 16"][0](valley(), 0, 1)
    assert 1 < found.runs < 16
    assert found.loss < 1.1 * loss_of(1, STEPS)


def test_a_sampler_that_learns_stays_near_the_valley() -> None:
    found = POLICIES["TPE 16"][0](valley(), 0, 1)
    assert found.runs == 16
    assert found.loss < 1.02 * loss_of(1, STEPS)


def test_a_rival_that_only_blew_up_has_no_model() -> None:
    assert POLICIES["default, constant"][0](valley(edge=-1), 0, 0).loss == math.inf


@pytest.mark.parametrize("kind", ["steepest", "valley", "minimum/10"])
def test_a_range_test_suggests_a_rate_below_where_it_blew_up_and_counts_its_steps(kind: str) -> None:
    task = valley()
    assert suggestions(task.ramp(0))[kind] < 1e-7 * 1e8 ** (80 / 99)
    assert POLICIES[f"range test, {kind}"][0](task, 0, 0).runs == pytest.approx(1 + 100 / STEPS)
