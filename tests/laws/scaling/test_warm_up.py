"""Mirrors ratecraft/laws/scaling/warm_up.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.warm_up import memory_warm_up, within_run


def rectification(beta2: float, step: int) -> float:
    """RAdam's factor of the rate at a step (Liu et al. 2020, algorithm 2)."""
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 4:
        return 0.0
    top = (length - 4) * (length - 2) * longest
    return math.sqrt(top / ((longest - 4) * (longest - 2) * length))


@pytest.mark.parametrize(("beta2", "steps"), [(0.999, 2000), (0.99, 200), (0.98, 100), (0.95, 40), (0.9, 20), (0, 2)])
def test_published_lengths_are_reproduced(beta2: float, steps: int) -> None:
    assert memory_warm_up(beta2) == steps


@pytest.mark.parametrize("beta2", [0.99, 0.999])
def test_the_warm_up_takes_as_much_as_that_of_radam(beta2: float) -> None:
    """Ma & Yarats 2021, section 4: both take away about the same sum of rates."""
    length = memory_warm_up(beta2)
    missing = sum(1 - rectification(beta2, step) for step in range(1, 20 * length))
    assert missing == pytest.approx(length / 2, rel=0.25)


@given(warm_up=st.integers(1, 10**6), steps=st.integers(1, 10**7))
def test_a_cut_is_told_and_stays_within_a_tenth(warm_up: int, steps: int) -> None:
    cut, cautions = within_run(warm_up, steps)
    assert 1 <= cut <= max(1, steps / 10)
    assert bool(cautions) == (cut < warm_up)


@pytest.mark.parametrize("beta2", [1.0, 1.5, -0.1])
def test_a_beta_below_0_or_from_1_on_is_refused(beta2: float) -> None:
    with pytest.raises(InvalidInput, match=f"`beta2` must lie between 0 and 1; got {beta2:g}"):
        memory_warm_up(beta2)


def test_a_run_without_steps_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`steps` must be a whole number from 1"):
        within_run(10, 0)
