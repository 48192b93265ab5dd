"""Mirrors ratecraft/schedules/dialects/keras.py: every curve beside the installed Keras's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import keras as dialect
from ratecraft.schedules.trees.nodes import Schedule

peer = Peer("keras.optimizers.schedules")

RATE = st.floats(1e-4, 0.1)
STEPS = st.integers(1, 80)

both_horizons = pytest.mark.parametrize("horizon", [100, 400])
randomly = settings(max_examples=min(25, settings().max_examples))


TOLERANCE = 1e-7  # docs/reference/dialects.md, "Tolerance": Keras computes in float32


def values_of(schedule: Any, steps: Any) -> Any:
    return np.asarray(schedule(steps), np.float64)


def assert_same(ours: Schedule, theirs: Any, steps: int) -> None:
    assert_allclose(ours.curve(steps), values_of(theirs, np.arange(steps)), rtol=0, atol=TOLERANCE)


@both_horizons
@randomly
@given(rate=RATE, steps=STEPS, decay=st.floats(0.1, 1.0), staircase=st.booleans())
def test_exponential_decay(horizon: int, rate: float, steps: int, decay: float, staircase: bool) -> None:
    arguments = (rate, steps, decay, staircase)
    assert_same(dialect.ExponentialDecay(*arguments), peer.ExponentialDecay(*arguments), horizon)


@both_horizons
@randomly
@given(boundaries=st.lists(st.integers(0, 90), min_size=1, max_size=4, unique=True).map(sorted), data=st.data())
def test_piecewise_constant_decay(horizon: int, boundaries: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(RATE, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1))
    ours = dialect.PiecewiseConstantDecay(boundaries, values)
    for step in {0, 1, horizon, *(edge + by for edge in boundaries for by in (-1, 0, 1) if edge + by >= 0)}:
        theirs = values_of(peer.PiecewiseConstantDecay(boundaries, values), step)
        assert ours.at(step) == pytest.approx(float(theirs), abs=TOLERANCE)


@both_horizons
@randomly
@given(rate=RATE, steps=STEPS, end=st.floats(0, 0.1), power=st.floats(1, 4), cycle=st.booleans())
@example(rate=0.1, steps=7, end=0.01, power=1.0, cycle=True)
def test_polynomial_decay(horizon: int, rate: float, steps: int, end: float, power: float, cycle: bool) -> None:
    ours = dialect.PolynomialDecay(rate, steps, end, power, cycle, horizon=horizon)
    assert_same(ours, peer.PolynomialDecay(rate, steps, end, power, cycle), horizon)


@both_horizons
@randomly
@given(rate=RATE, steps=STEPS, decay=st.floats(0.1, 3.0), staircase=st.booleans())
def test_inverse_time_decay(horizon: int, rate: float, steps: int, decay: float, staircase: bool) -> None:
    arguments = (rate, steps, decay, staircase)
    assert_same(dialect.InverseTimeDecay(*arguments), peer.InverseTimeDecay(*arguments), horizon)


@both_horizons
@randomly
@given(rate=RATE, steps=STEPS, alpha=st.floats(0, 1), target=RATE | st.none(), warmup=st.integers(0, 40))
def test_cosine_decay(horizon: int, rate: float, steps: int, alpha: float, target: float | None, warmup: int) -> None:
    ours = dialect.CosineDecay(rate, steps, alpha, warmup_target=target, warmup_steps=warmup)
    theirs = peer.CosineDecay(rate, steps, alpha, warmup_target=target, warmup_steps=warmup)
    # It takes no arrays: a few steps, and those where the curve changes.
    for step in {0, 1, warmup - 1, warmup, warmup + 1, warmup + steps - 1, warmup + steps, horizon} - {-1}:
        assert ours.at(step) == pytest.approx(float(theirs(step)), abs=TOLERANCE)


@both_horizons
@randomly
@given(
    rate=RATE, steps=st.integers(3, 80), longer=st.sampled_from([1.0, 1.5, 2.0, 3.0]), higher=st.floats(0.3, 1.0),
    alpha=st.floats(0, 1),
)  # fmt: skip
def test_cosine_decay_restarts(
    horizon: int, rate: float, steps: int, longer: float, higher: float, alpha: float
) -> None:
    arguments = (rate, steps, longer, higher, alpha)
    ours = dialect.CosineDecayRestarts(*arguments).curve(horizon)
    theirs = values_of(peer.CosineDecayRestarts(*arguments), np.arange(horizon))
    # Where cycles begin its float32 logarithm takes the wrong one now and then (see `differences`).
    starts = np.cumsum([0, *(steps * longer**cycle for cycle in range(200))])
    kept = ~np.isclose(np.arange(horizon)[:, None], starts[None], atol=1e-3).any(axis=1)
    assert_allclose(ours[kept], theirs[kept], rtol=0, atol=TOLERANCE)


def test_every_public_schedule_is_there() -> None:
    base = peer.LearningRateSchedule
    public = {name for name, each in vars(peer.loaded).items() if isinstance(each, type) and issubclass(each, base)}
    assert public - {"LearningRateSchedule"} == set(dialect.__all__)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dialect.PiecewiseConstantDecay([1, 2], [0.1]), "2 steps at which the next .* 1 schedules"),
        (lambda: dialect.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), "must rise"),
        (lambda: dialect.PolynomialDecay(0.1, 10, cycle=True), "`horizon`"),
        (lambda: dialect.CosineDecay(0.1, 0), "`decay_steps`"),
        (lambda: dialect.CosineDecayRestarts(0.1, 5, t_mul=0.5), "`growth`"),
    ],
)
def test_bad_arguments_are_refused_by_name(call: Callable[[], object], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call()
