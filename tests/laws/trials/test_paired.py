"""Mirrors ratecraft/laws/trials/paired.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.trials.paired import level, paired

LOSS = st.floats(min_value=1e-6, max_value=1e6)
ROWS = st.lists(st.tuples(LOSS, LOSS), min_size=2, max_size=8)


@given(ROWS)
def test_a_gain_for_one_is_a_loss_for_the_other(rows: list[tuple[float, float]]) -> None:
    first, second = zip(*rows, strict=True)
    here, there = paired(first, second), paired(second, first)
    assert here is not None
    assert there is not None
    assert here.gain == pytest.approx(-there.gain, abs=1e-9)
    assert (here.low, here.high) == pytest.approx((-there.high, -there.low), abs=1e-9)


@given(ROWS, st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_of_the_losses_does_not_matter(rows: list[tuple[float, float]], unit: float) -> None:
    first, second = zip(*rows, strict=True)
    here, scaled = paired(first, second), paired([unit * each for each in first], [unit * each for each in second])
    assert here is not None
    assert scaled is not None
    assert (here.gain, here.low) == pytest.approx((scaled.gain, scaled.low), abs=1e-6)


@given(ROWS)
def test_it_is_shown_to_be_better_or_to_be_no_better_or_it_is_open(rows: list[tuple[float, float]]) -> None:
    found = paired(*zip(*rows, strict=True))
    assert found is not None
    assert [found.is_better, found.is_no_better, found.is_open].count(True) == 1


def test_the_interval_is_student_s() -> None:
    found = paired([math.e**2, math.e**3, math.e**4], [1.0, 1.0, 1.0])  # gains 2, 3, 4: sd 1
    assert found is not None
    assert (found.gain, found.low) == pytest.approx((3.0, 3.0 - 4.303 / math.sqrt(3)))


def test_a_large_difference_that_may_be_chance_is_none() -> None:
    found = paired([1.0, 1.0], [0.5, 0.9])
    assert found is not None
    assert found.gain > 0.3
    assert found.is_open


def test_less_than_two_percent_is_no_difference_however_sure() -> None:
    found = paired([1.0, 1.0, 1.0], [0.99, 0.99, 0.99])
    assert found is not None
    assert found.low > 0
    assert not found.is_better


def test_what_blew_up_has_lost_and_where_both_did_nothing_is_told() -> None:
    assert paired([None, None], [None, None]) is None
    assert paired([None, 1.0], [None, 1.0]) is None
    for first, second, sign in (([None, None], [1.0, 2.0], 1), ([1.0, 2.0], [None, None], -1)):
        found = paired(first, second)
        assert found is not None
        assert found.gain == sign * math.inf
        assert found.is_better is (sign > 0)
    mixed = paired([None, 1.0, None], [0.5, 1.2, 0.5])  # once it did worse
    assert mixed is not None
    assert not mixed.is_better


def test_losses_below_zero_are_compared_by_shares() -> None:
    found = paired([-1.0, -1.0], [-2.0, -2.0])
    assert found is not None
    assert (found.gain, found.is_better) == (0.5, True)


def test_a_mean_of_ratios_is_geometric() -> None:
    found = level([1.0, 4.0])
    assert found is not None
    assert found.mean == pytest.approx(2.0)
    assert found.low < found.mean < found.high
    assert level([1.0]) is None
    below = level([-1.0, 1.0])
    assert below is not None
    assert below.mean == 0
