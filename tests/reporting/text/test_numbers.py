"""Mirrors ratecraft/reporting/text/numbers.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.text.numbers import change_of, number_text, numbers_text, ticks_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.5, "-0.500"), (99.96, "100.0"), (1e-9, "1.00e-9"), (2.5e8, "2.50e8"), (math.inf, "inf")],
)
def test_a_figure_has_three_digits_in_the_shortest_form(value: float, text: str) -> None:
    assert number_text(value) == text


def test_every_figure_of_a_group_has_three_digits() -> None:
    assert numbers_text([12.3456, 0.5, None, math.nan]) == ("12.3", "0.500", "–", "nan")


@given(st.lists(st.integers(1000, 9999), min_size=1, max_size=5))
def test_figures_that_differ_in_four_digits_read_differently(parts: list[int]) -> None:
    values = [part / 1e4 for part in parts]
    assert len(set(numbers_text(values))) == len(set(values))


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_better_is_positive_in_both_directions(before: float, after: float) -> None:
    change = change_of(before, after, 1.0)
    assert change is not None
    assert (change > 0) == (after < before)
    assert change_of(before, after, -1.0) == -change


@pytest.mark.parametrize(("before", "after"), [(0.0, 1.0), (-1.0, 1.0), (math.nan, 1.0), (1.0, math.inf)])
def test_a_share_without_a_meaning_is_none(before: float, after: float) -> None:
    assert change_of(before, after, 1.0) is None


def test_the_ticks_of_an_axis_have_equally_many_decimals() -> None:
    assert ticks_text([12.3456, 0.5]) == ("12.3", "0.5")
    assert ticks_text([0.27812, 0.27801]) == ("0.2781", "0.2780")
