"""Mirrors ratecraft/schedules/leaves.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.leaves import Const, Exp, Segment

_VALUES = st.floats(-1e6, 1e6)


@given(_VALUES, _VALUES, st.integers(0, 50), st.sampled_from(["linear", "cosine"]), st.integers(0, 60))
def test_a_segment_never_leaves_the_range_between_its_ends(
    start: float, end: float, length: int, shape: str, step: int
) -> None:
    low, high = sorted((start, end))
    assert low <= Segment(start, end, length, shape).at(step) <= high  # pyright: ignore[reportArgumentType]


@given(_VALUES, st.integers(1, 50), st.integers(0, 60))
def test_a_segment_between_equal_ends_has_exactly_their_value(value: float, length: int, step: int) -> None:
    assert Segment(value, value, length).at(step) == value


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_a_segment_has_both_its_ends_exactly(shape: str) -> None:
    segment = Segment(0.3, 0.007, 7, shape)  # pyright: ignore[reportArgumentType]
    assert (segment.at(0), segment.at(7)) == (0.3, 0.007)


def test_an_offset_of_one_reaches_the_end_at_the_last_step() -> None:
    assert Segment(1, 0, 4, offset=1).curve(5).tolist() == [0.75, 0.5, 0.25, 0.0, 0.0]


def test_an_offset_beyond_the_length_is_the_end() -> None:
    assert Segment(1, 0.5, 4, offset=9).at(0) == 0.5


def test_a_segment_of_no_steps_is_its_end() -> None:
    assert Segment(1, 0.5, 0).curve(2).tolist() == [0.5, 0.5]


def test_an_unknown_shape_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="no shape 'sine'; allowed: linear, cosine"):
        Segment(1, 0, 5, "sine")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("offset", [-1, 0.5, None])
def test_an_offset_that_is_no_whole_number_is_refused(offset: object) -> None:
    with pytest.raises(InvalidInput, match="`offset` must be a whole number from 0"):
        Segment(1, 0, 5, offset=offset)  # pyright: ignore[reportArgumentType]


def test_an_exponential_has_whole_powers_at_whole_multiples() -> None:
    assert [Exp(0.9, every=10).at(step) for step in (0, 10, 20)] == [1.0, 0.9, 0.9**2]


def test_an_exponential_with_a_length_holds_its_end() -> None:
    assert Exp(0.5, length=2).curve(5).tolist() == [1.0, 0.5, 0.25, 0.25, 0.25]


def test_an_exponential_without_a_length_goes_on_down_to_zero() -> None:
    assert Exp(0.5).at(10**6) == 0.0


@pytest.mark.parametrize("every", [0, None])
def test_the_pace_of_an_exponential_is_at_least_one_step(every: object) -> None:
    with pytest.raises(InvalidInput, match="`every` must be a whole number from 1"):
        Exp(0.9, every)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_the_factor_of_an_exponential_is_positive(factor: float) -> None:
    with pytest.raises(InvalidInput, match="`factor` must be greater than 0"):
        Exp(factor)


def test_a_constant_needs_no_horizon_to_have_a_value() -> None:
    assert Const(0.3).at(10**9) == 0.3
