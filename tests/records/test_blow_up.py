"""Mirrors ratecraft/records/blow_up.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.blow_up import BlowUp

finite = st.floats(-1e6, 1e6)


def after(*losses: float) -> BlowUp:
    state = BlowUp()
    for loss in losses:
        state = state.add(loss)
    return state


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_a_blow_up_at_once(loss: float) -> None:
    assert after(loss).happened
    assert after(1.0, 2.0, loss).happened


@given(losses=st.lists(finite, max_size=7))
def test_seven_finite_losses_decide_nothing(losses: list[float]) -> None:
    assert not after(*losses).happened


def test_eight_losses_whose_mean_is_above_eleven_times_the_first_are_a_blow_up() -> None:
    high = [1.0, *[12.5] * 7]  # mean 11.06; the noise is that of no difference
    assert after(*high).happened
    assert not after(1.0, *[12.3] * 7).happened  # mean 10.89


def test_one_wild_loss_among_eight_is_none() -> None:
    assert not after(1.0, 1.0, 1.0, 80.0, 1.0, 1.0, 1.0, 1.0).happened


def test_noise_about_a_first_loss_near_zero_is_none() -> None:
    noisy = [1e-9, *[(-1) ** step * 2.0 for step in range(40)]]
    assert not after(*noisy).happened


@given(first=st.floats(0.1, 1e3), steps=st.integers(8, 60))
def test_a_falling_loss_is_none(first: float, steps: int) -> None:
    assert not after(*(first * 0.9**step for step in range(steps))).happened


@given(losses=st.lists(st.floats(0.01, 1e4), min_size=8, max_size=30), scale=st.sampled_from([2.0**-20, 2.0**20]))
def test_the_unit_of_a_loss_does_not_matter(losses: list[float], scale: float) -> None:
    assert after(*losses).happened == after(*(scale * loss for loss in losses)).happened


@given(before=st.lists(finite, max_size=20), later=st.lists(finite, max_size=20))
def test_once_blown_up_it_stays_so(before: list[float], later: list[float]) -> None:
    assert after(*before, math.nan, *later) == after(*before, math.nan)


def test_negative_losses_may_fall_for_ever() -> None:
    assert not after(*(-(1.5**step) for step in range(40))).happened


def test_a_last_loss_above_the_limit_is_high_though_nothing_has_blown_up() -> None:
    assert after(*[1.0] * 8, 80.0).is_high
    assert not after(*[1.0] * 8, 80.0).happened
    assert not after(*[1.0] * 8, 80.0, 1.0).is_high
    assert not after().is_high
