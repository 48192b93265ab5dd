"""Mirrors ratecraft/schedules/builders/constructors.py: each constructor against a slow and obvious formula."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import step, wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind

_LENGTHS = st.integers(1, 60)
_ENDS = st.floats(1e-6, 10)


def _agrees(curve: list[float], formula: Callable[[int], float]) -> bool:
    return curve == pytest.approx([formula(j) for j in range(len(curve))], rel=1e-12, abs=1e-14)


@given(_ENDS)
def test_constant_is_its_value(value: float) -> None:
    assert constant(value).curve(5).tolist() == [value] * 5


@given(_LENGTHS)
def test_warmup_is_one_over_its_length_more_at_each_step(length: int) -> None:
    assert _agrees(warmup(length).curve(80).tolist(), lambda j: min(1, (j + 1) / length))


@given(_LENGTHS)
def test_warmup_is_never_zero_and_ends_at_exactly_one(length: int) -> None:
    assert warmup(length).at(0) > 0
    assert warmup(length).at(length - 1) == 1.0


@given(_ENDS, _ENDS, _LENGTHS)
def test_linear_goes_its_share_of_the_way_at_each_step(start: float, to: float, length: int) -> None:
    curve = linear(start, to, length).curve(80).tolist()
    assert _agrees(curve, lambda j: start + (to - start) * min(1, j / length))


@given(_LENGTHS)
def test_linear_to_zero_is_zero_just_past_its_last_step(length: int) -> None:
    schedule = linear(1, 0, length)
    assert schedule.at(length - 1) == 1 / length
    assert schedule.at(length) == 0.0


@given(_ENDS, _ENDS, _LENGTHS)
def test_cosine_is_half_a_wave(start: float, to: float, length: int) -> None:
    curve = cosine(start, to, length).curve(80).tolist()
    assert _agrees(curve, lambda j: to + (start - to) * (1 + math.cos(math.pi * min(1, j / length))) / 2)


@given(st.floats(0.5, 1.1), st.integers(1, 9), st.integers(0, 60))
def test_exponential_multiplies_by_its_factor_in_every_so_many_steps(factor: float, every: int, length: int) -> None:
    curve = exponential(factor, every, length).curve(80).tolist()
    assert _agrees(curve, lambda j: math.exp(math.log(factor) * min(j, length) / every))


@given(st.integers(1, 9), st.floats(0.1, 1.5), st.integers(1, 5))
def test_step_is_a_staircase(every: int, factor: float, times: int) -> None:
    def walked(j: int) -> float:
        height = 1.0
        for _ in range(min(j // every, times)):
            height *= factor
        return height

    assert _agrees(step(every, factor, times).curve(80).tolist(), walked)


def test_stairs_of_a_tenth_have_the_decimal_values_that_people_expect() -> None:
    assert step(1, 0.1, 4).curve(5).tolist() == [1.0, 0.1, 0.01, 0.001, 0.0001]


def test_stairs_can_be_shares_of_the_run() -> None:
    assert bind(step(0.3, 0.5, 2), 10).curve(10).tolist() == [1.0] * 3 + [0.5] * 3 + [0.25] * 4


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.floats(0, 0.5))
def test_wsd_goes_up_stays_and_comes_down(up: int, stable: int, down: int, to: float) -> None:
    def shape(j: int) -> float:
        if j < up:
            return (j + 1) / up
        return 1 + (to - 1) * min(1, max(0, j - up - stable) / down)

    assert _agrees(wsd(up, down, stable, to).curve(80).tolist(), shape)


def test_wsd_stays_for_the_time_that_is_left() -> None:
    assert repr(bind(wsd(0.1, 0.5), 20)) == "warmup(2) >> constant(1, 8) >> linear(1, 0, 10)"


@pytest.mark.parametrize("times", [0, -1, 1.5, 10_001])
def test_a_staircase_has_one_to_ten_thousand_stairs(times: float) -> None:
    with pytest.raises(InvalidInput, match="`times` must be a whole number from 1 to 10000"):
        step(1, 0.5, times)  # pyright: ignore[reportArgumentType]


def test_a_staircase_that_grows_beyond_float64_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`value` of a schedule must be a finite number; got inf"):
        step(1, 10.0, 400)
