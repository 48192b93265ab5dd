"""Mirrors ratecraft/importers/entries.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.entries import number_in, row_of, values_in


@pytest.mark.parametrize("value", ["12:30", "", "None", "1_000", "loss", True, None, [1.0], 10**400], ids=repr)
def test_what_is_no_number_gives_none(value: object) -> None:
    assert number_in(value) is None


@given(st.floats() | st.integers(-(2**60), 2**60))
def test_number_and_its_spelling_are_one(value: float) -> None:
    assert str(number_in(value)) == str(float(value)) == str(number_in(repr(value)))


def test_depth_and_count_of_what_lies_inside_are_bounded() -> None:
    deep: dict[str, object] = {"loss": 1.0}
    for _ in range(500):
        deep = {"inside": deep}
    assert list(values_in(deep)) == []
    assert len(list(values_in({str(place): 1.0 for place in range(100_000)}))) <= 1 << 16


def test_global_step_comes_before_a_step_within_the_epoch() -> None:
    assert row_of([("step", 3), ("global_step", 103), ("loss", 1.0)]).step == 103


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "x"])
def test_step_that_is_none_is_not_one(value: object) -> None:
    assert row_of([("step", value), ("loss", 1.0)]).step is None
