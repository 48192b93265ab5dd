"""Mirrors ratecraft/diagnosis/rate_shape.py: its moves are those of a walk point by point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.runs import SHAPES

from ratecraft.diagnosis.curve import Curve
from ratecraft.diagnosis.rate_shape import Move, RateShape

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
