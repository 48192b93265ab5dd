"""Mirrors ratecraft/laws/scaling/weight_decay.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.weight_decay import decay_of_time_scale, moved_decay, time_scale

rates = st.floats(1e-5, 1e-1)
decays = st.floats(1e-4, 0.5)
ratios = st.floats(0.1, 10)


def test_after_one_time_scale_a_weight_without_gradient_is_one_over_e() -> None:
    rate, decay = 1e-2, 0.1
    weight = 1.0
    for _ in range(round(time_scale(rate, decay))):
        weight *= 1 - rate * decay
    assert weight == pytest.approx(1 / math.e, rel=1e-3)


def test_with_momentum_the_time_scale_is_that_of_the_longer_steps() -> None:
    rate, decay, momentum = 1e-2, 1e-2, 0.9
    weight, velocity = 1.0, 0.0
    for _ in range(round(time_scale(rate, decay, momentum))):
        velocity = momentum * velocity + decay * weight
        weight -= rate * velocity
    assert weight == pytest.approx(1 / math.e, rel=0.02)


@given(rate=rates, decay=decays)
def test_decay_and_time_scale_are_inverse(rate: float, decay: float) -> None:
    assert decay_of_time_scale(rate, time_scale(rate, decay)) == pytest.approx(decay)


@given(rate=rates, decay=decays, rate_ratio=ratios, batch_ratio=ratios)
def test_a_moved_decay_has_its_time_scale_in_samples(
    rate: float, decay: float, rate_ratio: float, batch_ratio: float
) -> None:
    moved = moved_decay(decay, rate_ratio, batch_ratio)
    samples = batch_ratio * time_scale(rate * rate_ratio, moved)
    assert samples == pytest.approx(time_scale(rate, decay))


def test_no_decay_has_no_time_scale() -> None:
    with pytest.raises(InvalidInput, match="`decay` must be greater than 0; got 0"):
        time_scale(1e-3, 0)


def test_a_momentum_of_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`momentum` must lie between 0 and 1; got 1"):
        time_scale(1e-3, 0.1, 1.0)
