"""Mirrors ratecraft/diagnosis/view/rate_shape.py: its moves are those of a walk point by point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.runs import SHAPES

from ratecraft.diagnosis.view.curve import Curve
from ratecraft.diagnosis.view.rate_shape import Move, RateShape

SAME = 0.01


def shape_of(values: np.ndarray) -> RateShape:
    return RateShape(Curve(3 * np.arange(len(values), dtype=np.int64), np.asarray(values, np.float64)))


def walked(shape: RateShape) -> list[Move]:
    """Its moves, found at every point: a turn is seen as soon as the rate has left its extreme by a hundredth."""
    steps, values = shape.curve.steps.tolist(), shape.curve.values.tolist()
    least = SAME * shape.peak
    found: list[Move] = []
    low = high = begin = way = 0
    for place, value in enumerate(values):
        high = place if value > values[high] else high
        low = place if value < values[low] else low
        if way >= 0 and values[high] - value > least:
            if way or values[high] - values[begin] > least:
                found.append(Move(steps[begin], steps[high], values[begin], values[high]))
            begin, low, way = high, place, -1
        elif way <= 0 and value - values[low] > least:
            if way or values[begin] - values[low] > least:
                found.append(Move(steps[begin], steps[low], values[begin], values[low]))
            begin, high, way = low, place, 1
    last = high if way > 0 else low
    return [*found, Move(steps[begin], steps[last], values[begin], values[last])] if way else found


@given(values=st.lists(st.integers(0, 8) | st.floats(0, 8), min_size=2, max_size=60).filter(lambda each: max(each) > 0))
def test_moves_are_those_of_a_walk(values: list[float]) -> None:
    shape = shape_of(np.array(values))
    assert list(shape.moves) == walked(shape)


@given(name=st.sampled_from(sorted(SHAPES)), digits=st.integers(1, 6), noise=st.floats(0, 0.02), seed=st.integers(0, 9))
def test_moves_of_rounded_and_noisy_schedules_are_those_of_a_walk(
    name: str, digits: int, noise: float, seed: int
) -> None:
    values = SHAPES[name](np.arange(500) / 500) + noise * np.random.default_rng(seed).normal(size=500)
    shape = shape_of(np.maximum(np.round(values, digits), 0))
    assert list(shape.moves) == walked(shape)


def test_a_cosine_with_restarts_falls_and_rises_by_turns() -> None:
    ways = [move.after > move.before for move in shape_of(SHAPES["restarts"](np.arange(400) / 400)).moves]
    assert ways == [False, True] * 3 + [False]


def rate(*values: float) -> RateShape:
    return shape_of(np.array(values))


def test_the_peak_is_reached_within_a_hundredth_of_it() -> None:
    assert rate(0.1, 0.995, 1.0).peak_step == 3
    assert rate(0.1, 0.985, 1.0).peak_step == 6


def test_a_rate_is_constant_as_long_as_it_stays_within_a_hundredth_of_its_peak() -> None:
    assert [rate(0.1, 1.0, low, 1.0).is_constant for low in (0.995, 0.985)] == [True, False]


def test_a_warm_up_begins_at_half_of_the_peak_or_lower() -> None:
    assert [rate(first, 0.8, 1.0, 1.0).warm_up for first in (0.25, 0.5, 0.51)] == [6, 6, 0]


def test_a_rise_is_one_by_a_third_or_more_after_the_first() -> None:
    assert [len(rate(1.0, 0.5, 0.5 * factor, 0.1).rises) for factor in (1.25, 1.35)] == [0, 1]
    assert rate(0.1, 1.0, 0.5).rises == ()


def test_a_rate_is_held_until_it_falls_below_half_of_its_peak() -> None:
    assert rate(1.0, 0.6, 0.5, 0.4, 0.9).held_until == 6
    assert rate(0.1, 1.0, 0.6).held_until == 6


def test_a_rise_is_near_where_a_fiftieth_of_the_run_lies_between() -> None:
    shape = shape_of(np.array([1.0, *[0.2] * 49, *[1.0] * 50]))  # steps 0 to 297: a rise from 147 to 150
    (rise,) = shape.rises
    assert [shape.rose_near(at, at) for at in (rise.end + 5, rise.end + 7, rise.begin - 5, rise.begin - 7)] == [
        True, False, True, False,
    ]  # fmt: skip
