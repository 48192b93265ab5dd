"""Mirrors ratecraft/laws/least_squares.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.least_squares import least_squares

PLACES = np.linspace(0, 1, 50)


@given(st.floats(0.5, 3) | st.floats(-3, -0.5), st.floats(1, 5), st.floats(-1, 1))
def test_near_an_exact_curve_its_numbers_are_found(height: float, speed: float, floor: float) -> None:
    wanted = height * np.exp(-speed * PLACES) + floor
    near = [0.9 * height, 1.1 * speed, floor]
    at = least_squares(lambda at: at[0] * np.exp(-at[1] * PLACES) + at[2] - wanted, near, [1, 1, 1])
    assert at == pytest.approx([height, speed, floor], abs=1e-4)


def test_a_straight_line_is_fitted_as_the_normal_equations_do() -> None:
    values = np.random.default_rng(0).normal(size=50)
    at = least_squares(lambda at: at[0] + at[1] * PLACES - values, [0, 0], [1, 1])
    assert at == pytest.approx(np.polyfit(PLACES, values, 1)[::-1], abs=1e-6)


def test_sizes_far_apart_do_no_harm() -> None:
    steps = np.arange(0, 10_000, 50.0)
    wanted = 3e-4 * (1 + np.cos(np.pi * (steps - 500) / 9500)) / 2
    at = least_squares(
        lambda at: (at[0] * (1 + np.cos(np.pi * (steps - at[1]) / (at[2] - at[1]))) / 2 - wanted) * 1e9,
        [2e-4, 0, 12_000],
        [3e-4, 1e4, 1e4],
    )
    assert at == pytest.approx([3e-4, 500, 10_000], rel=1e-6)
