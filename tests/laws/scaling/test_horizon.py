"""Mirrors ratecraft/laws/scaling/horizon.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.scaling.horizon import moved, seen_slope

steps = st.integers(1, 10**6)
octaves = st.floats(-20, 20)


@given(octave=octaves, slope=st.floats(-1, 1), short=steps, long=steps, longest=steps)
def test_moving_in_two_parts_is_moving_at_once(
    octave: float, slope: float, short: int, long: int, longest: int
) -> None:
    twice = moved(moved(octave, slope, short, long), slope, long, longest)
    assert twice == pytest.approx(moved(octave, slope, short, longest), abs=1e-9)


@given(octave=octaves, slope=st.floats(-1, 1), short=steps, factor=st.integers(2, 100))
def test_the_slope_seen_is_the_slope_moved_by(octave: float, slope: float, short: int, factor: int) -> None:
    far = moved(octave, slope, short, factor * short)
    assert seen_slope(octave, far, short, factor * short) == pytest.approx(slope, abs=1e-9)


def test_at_slope_minus_one_rate_times_steps_is_fixed() -> None:
    assert 2 ** moved(0.0, -1.0, 100, 1600) * 1600 == 100
