"""Mirrors ratecraft/schedules/trees/leaves.py."""

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.trees.leaves import Exp, Fn, Power, Segment
from ratecraft.schedules.trees.nodes import Const
from ratecraft.schedules.trees.shapes import SHAPES

_VALUES = st.floats(-1e6, 1e6)


@given(_VALUES, _VALUES, st.integers(0, 50), st.sampled_from([*SHAPES][:-1]), st.integers(0, 60))
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
    with pytest.raises(InvalidInput, match="no shape 'sine'; allowed: linear, cosine,"):
        Segment(1, 0, 5, "sine")  # pyright: ignore[reportArgumentType]


def test_a_negative_offset_waits_at_the_start() -> None:
    assert Segment(1, 0, 4, offset=-2).curve(5).tolist() == [1.0, 1.0, 1.0, 0.75, 0.5]


def test_an_inset_reaches_the_end_earlier_and_a_negative_one_is_a_piece_of_a_longer_way() -> None:
    assert Segment(1, 0, 5, inset=1).curve(6).tolist() == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert Segment(1, 0, 2, inset=-2).curve(5).tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_offset_and_inset_may_lie_between_two_steps() -> None:
    assert Segment(0, 1, 4, offset=0.5).at(1) == 0.375
    assert Segment(0, 1, Fraction(5, 2)).at(2) == 0.8
    assert Segment(0, 1, 4, offset=0.5) == Segment(0, 1, 4, offset=Fraction(1, 2))


@pytest.mark.parametrize(
    ("after", "values"),
    [
        ("hold", [0.0, 0.0, 0.0, 0.0]),
        ("extend", [0.0, -0.5, -1.0, -1.5]),
        ("reflect", [0.0, 0.5, 1.0, 0.5]),
        (0.25, [0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_after_its_end_a_segment_does_what_it_is_told(after: Any, values: list[float]) -> None:
    assert Segment(1, 0, 2, after=after).curve(4, first=2).tolist() == values


def test_an_extended_cosine_is_the_wave_of_the_peers() -> None:
    segment = Segment(0.1, 0.01, 37, "cosine", after="extend")  # pyright: ignore[reportArgumentType]
    wave = [0.01 + 0.09 * (1 + math.cos(math.pi * step / 37)) / 2 for step in range(500)]
    assert segment.curve(500).tolist() == pytest.approx(wave, abs=1e-13)


@pytest.mark.parametrize("after", ["stop", True, float("nan"), None])
def test_an_unknown_end_is_refused(after: Any) -> None:
    with pytest.raises(InvalidInput, match="`after` "):
        Segment(1, 0, 5, after=after)


def test_a_shape_without_a_meaning_beyond_its_end_is_not_extended() -> None:
    with pytest.raises(InvalidInput, match=r"Rex\(\) has no meaning beyond its end"):
        Segment(1, 0, 5, "rex", after="extend")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("ends", [(1, 0), (0, 1), (-1, 1)])
def test_a_geometric_way_has_two_ends_of_one_sign(ends: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match="two values of the same sign, neither of them 0; got"):
        Segment(*ends, 5, "geometric")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("offset", ["1", float("inf"), None])
def test_an_offset_that_is_no_number_is_refused(offset: Any) -> None:
    with pytest.raises(InvalidInput, match="`offset` of a schedule must be a finite number"):
        Segment(1, 0, 5, offset=offset)


@given(st.floats(-3, 3), st.integers(1, 50), st.integers(1, 50), st.integers(0, 100))
def test_power_is_a_power_of_the_time_that_is_gone(exponent: float, scale: int, offset: int, step: int) -> None:
    assert Power(exponent, scale, offset).at(step) == pytest.approx(((step + offset) / scale) ** exponent)


@pytest.mark.parametrize(("scale", "offset"), [(0, 1), (None, 1), (1, 0), (1, None)])
def test_a_power_that_would_divide_by_zero_is_refused(scale: Any, offset: Any) -> None:
    with pytest.raises(InvalidInput, match=r"`(scale|offset)` must be a whole number from 1"):
        Power(-0.5, scale, offset)


def test_a_function_gives_its_own_values_and_holds_its_end() -> None:
    assert Fn("twice", lambda step: 2 * step, 3).curve(5).tolist() == [0.0, 2.0, 4.0, 6.0, 6.0]


def test_functions_are_equal_by_name() -> None:
    assert Fn("twice", lambda step: 2 * step) == Fn("twice", lambda step: step)


def test_a_function_that_gives_nan_is_refused_when_read() -> None:
    with pytest.raises(InvalidInput, match="At step 3, the value of `function"):
        Fn("broken", lambda step: float("nan")).at(3)


@pytest.mark.parametrize(("name", "call"), [("", abs), ("a b", abs), (3, abs), ("f", 3)])
def test_a_function_needs_a_name_and_a_function(name: Any, call: Any) -> None:
    with pytest.raises(InvalidInput, match="function"):
        Fn(name, call)


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
