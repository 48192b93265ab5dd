"""Mirrors ratecraft/laws/rate_logs/rounding.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.rate_logs.rounding import rounding_of

MEANT = st.lists(st.floats(1e-6, 10.0), min_size=20, max_size=60, unique=True)


@given(MEANT, st.integers(2, 6))
def test_digits_are_wrong_by_half_of_the_last_at_most(meant: list[float], digits: int) -> None:
    printed = np.array([float(f"{each:.{digits - 1}e}") for each in meant])
    assert (np.abs(printed - meant) <= rounding_of(printed) * (1 + 1e-6) + 1e-15).all()


@given(MEANT, st.integers(3, 6))
def test_places_are_wrong_by_half_of_the_last_at_most(meant: list[float], places: int) -> None:
    printed = np.array([*(round(each, places) for each in meant), 10**-places])
    wanted = np.array([*meant, 10**-places])
    if len(set(printed.tolist())) >= 5:
        assert (np.abs(printed - wanted) <= rounding_of(printed) * (1 + 1e-6) + 1e-15).all()


def test_of_a_few_levels_only_the_digits_count() -> None:
    assert rounding_of(np.array([0.1, 0.1, 0.03])) == pytest.approx([5e-3, 5e-3, 5e-4])


def test_each_of_a_few_levels_is_looked_at() -> None:
    assert rounding_of(np.array([0.1, 0.125])) == pytest.approx([5e-4, 5e-4])
