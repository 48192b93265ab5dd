"""Mirrors ratecraft/records/windows.py: a stretch of a series, against the plainest way to find it."""

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.windows import dense, windowed

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=120)


@st.composite
def series(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    values = draw(VALUES)
    steps = sorted(draw(st.lists(st.integers(0, 300), min_size=len(values), max_size=len(values), unique=True)))
    return steps, values


def arrays(told: tuple[list[int], list[float]]) -> tuple["np.ndarray", "np.ndarray"]:
    return np.array(told[0], np.int64), np.array(told[1], np.float64)


@given(st.lists(series(), max_size=3), st.integers(0, 300), st.integers(0, 300), st.integers(1, 40))
def test_the_extremes_of_a_stretch_are_kept_and_nothing_else_is_made_up(
    told: list[tuple[list[int], list[float]]], first: int, last: int, columns: int
) -> None:
    first, last = min(first, last), max(first, last)
    places, drawn = windowed([arrays(each) for each in told], first, last, columns)
    assert list(places) == sorted(places)
    assert len(places) <= 2 * columns
    assert all(len(values) == len(places) for values in drawn)
    for (steps, values), shown in zip(told, drawn, strict=True):
        inside = [
            value for step, value in zip(steps, values, strict=True) if first <= step <= last and math.isfinite(value)
        ]
        seen = [value for value in shown if value is not None]
        assert set(seen) <= set(inside)
        assert (min(seen, default=None), max(seen, default=None)) == (
            min(inside, default=None),
            max(inside, default=None),
        )


@given(series(), st.integers(1, 40))
def test_each_column_has_the_lowest_and_the_highest_of_its_steps(
    told: tuple[list[int], list[float]], columns: int
) -> None:
    last = 299
    _, (shown,) = windowed([arrays(told)], 0, last, columns)
    kept = [(step, value) for step, value in zip(*told, strict=True) if step <= last]
    if len(kept) <= 2 * columns:
        return
    width = (last + 1) / columns
    for column in range(columns):
        inside = [
            value for step, value in kept if column * width <= step < (column + 1) * width and math.isfinite(value)
        ]
        pair = [value for value in shown[2 * column : 2 * column + 2] if value is not None]
        assert sorted(pair) == (sorted([min(inside), max(inside)]) if inside else [])


@given(series())
def test_where_there_is_room_every_value_is_there_at_its_step(told: tuple[list[int], list[float]]) -> None:
    places, (shown,) = windowed([arrays(told)], 0, 300, 60)
    wanted = {step: value if math.isfinite(value) else None for step, value in zip(*told, strict=True)}
    assert dict(zip(places, shown, strict=True)) == wanted


def test_a_column_that_rises_begins_low_and_one_that_falls_begins_high() -> None:
    values = array("d", [*range(100), *range(100, 0, -1)])
    _, (shown,) = windowed([dense(0, values)], 0, 199, 2)
    assert shown == (0, 99, 100, 1)


def test_of_two_values_at_one_step_the_last_is_shown() -> None:
    steps = np.array([3, 3, 4])
    assert windowed([(steps, np.array([1.0, 2.0, 5.0]))], 0, 9, 10) == ((3.0, 4.0), ((2.0, 5.0),))


@pytest.mark.parametrize("many", [0, 1])
def test_without_a_value_there_is_no_place(many: int) -> None:
    empty = [arrays(([], []))] * many
    assert windowed(empty, 0, 10, 4) == ((), ((),) * many)
