"""Mirrors ratecraft/laws/scaling/noise_scale.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.noise_scale import noise_scale, rate_ratio, surge_ratio, tradeoff, useful_batch

sizes = st.floats(1, 1e6)


def squared_norms(
    samples: NDArray[np.float64], steps: int, micro: int, count: int, seed: int
) -> tuple[list[float], list[float]]:
    """Under accumulation: mean |g|² of `count` micro-batches, and |g|² of their mean; a draw a step."""
    random = np.random.default_rng(seed)
    small, large = [], []
    for _ in range(steps):
        batch = samples[random.integers(0, len(samples), micro * count)].reshape(count, micro, -1).mean(axis=1)
        small.append(float(np.mean(np.sum(batch**2, axis=1))))
        large.append(float(np.sum(batch.mean(axis=0) ** 2)))
    return small, large


def gradients_of_a_regression(noise: float) -> NDArray[np.float64]:
    """Every sample's gradient of a least-squares fit at weights 0, so that the exact noise scale is known."""
    random = np.random.default_rng(1)
    inputs = random.standard_normal((2000, 5))
    targets = inputs @ np.array([1.0, -2.0, 0.5, 0.0, 1.0]) + noise * random.standard_normal(2000)
    return -2 * targets[:, None] * inputs


def exact(samples: NDArray[np.float64]) -> float:
    mean = samples.mean(axis=0)
    return float(np.mean(np.sum((samples - mean) ** 2, axis=1)) / np.sum(mean**2))


@pytest.mark.parametrize("noise", [0.5, 4.0])
def test_accumulation_measures_the_exact_value_within_5_percent(noise: float) -> None:
    samples = gradients_of_a_regression(noise)
    small, large = squared_norms(samples, steps=3000, micro=4, count=8, seed=2)
    found = noise_scale(small, large, 4, 32)
    assert found.value == pytest.approx(exact(samples), rel=0.05)
    assert found.high is not None
    assert found.low < exact(samples) < found.high


def test_the_interval_holds_the_exact_value_about_19_times_of_20() -> None:
    samples = gradients_of_a_regression(2.0)
    held = 0
    for seed in range(200):
        found = noise_scale(*squared_norms(samples, 40, 4, 8, seed), 4, 32)
        held += found.low <= exact(samples) and (found.high is None or exact(samples) <= found.high)
    assert 180 <= held <= 198


def test_dividing_before_averaging_would_be_badly_biased() -> None:
    samples = gradients_of_a_regression(4.0)
    small, large = (np.array(norms) for norms in squared_norms(samples, 3000, 4, 8, seed=3))
    ratios = ((small - large) / (1 / 4 - 1 / 32)) / ((32 * large - 4 * small) / 28)
    assert abs(ratios.mean() / exact(samples) - 1) > 0.2


def test_without_a_gradient_only_a_lower_end_is_known() -> None:
    random = np.random.default_rng(4)
    noise = random.standard_normal((4000, 50))
    found = noise_scale(*squared_norms(noise - noise.mean(axis=0), 30, 4, 8, seed=5), 4, 32)
    assert found.high is None
    assert found.low > 100


def test_equal_norms_have_no_noise() -> None:
    found = noise_scale([2.0, 2.0], [2.0, 2.0], 4, 8)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@given(scale=st.floats(1e-3, 1e3))
def test_the_unit_of_the_gradient_does_not_matter(scale: float) -> None:
    small, large = np.array([12.0, 10.0, 11.5]), np.array([2.0, 2.5, 2.0])
    found, scaled = (noise_scale(factor * small, factor * large, 1, 10) for factor in (1.0, scale))
    assert found.value is not None
    assert scaled.value == pytest.approx(found.value)
    assert scaled.low == pytest.approx(found.low)


@given(base=st.floats(1e-3, 1), batch=st.floats(1e-3, 1))
def test_far_below_the_noise_scale_the_rate_is_linear_or_a_square_root(base: float, batch: float) -> None:
    assert rate_ratio(base, batch, 1e6) == pytest.approx(batch / base, rel=1e-5)
    assert rate_ratio(base, batch, 1e6, exponent=0.5) == pytest.approx((batch / base) ** 0.5, rel=1e-5)


@given(base=sizes, batch=sizes, noise=sizes)
def test_a_larger_batch_never_wants_a_smaller_rate_without_a_surge(base: float, batch: float, noise: float) -> None:
    assert (rate_ratio(base, batch, noise) >= 1) == (batch >= base)


@given(batch=sizes, noise=sizes)
def test_the_surge_is_highest_at_the_noise_scale(batch: float, noise: float) -> None:
    assert surge_ratio(noise, batch, noise) <= 1 + 1e-9


@given(batch=sizes, noise=sizes)
def test_steps_and_samples_lie_on_the_published_hyperbola(batch: float, noise: float) -> None:
    cost = tradeoff(batch, noise)
    assert (cost.steps - 1) * (cost.samples - 1) == pytest.approx(1, rel=1e-6)


@given(noise=sizes, share=st.floats(0.01, 10))
def test_the_useful_batch_spends_the_share_that_was_asked_for(noise: float, share: float) -> None:
    assert tradeoff(useful_batch(noise, share), noise).samples == pytest.approx(1 + share)


@pytest.mark.parametrize(
    ("small", "large", "batches", "said"),
    [
        ([1.0], [1.0], (1, 2), "two steps or more"),
        ([1.0, 2.0], [1.0], (1, 2), "two steps or more"),
        ([1.0, -2.0], [1.0, 1.0], (1, 2), "`small` holds a norm that is negative or not finite"),
        ([1.0, 2.0], [1.0, float("nan")], (1, 2), "`large` holds a norm"),
        ([1.0, 2.0], [1.0, 1.0], (2, 2), "got 2 and 2"),
    ],
)
def test_norms_that_tell_nothing_are_refused(
    small: list[float], large: list[float], batches: tuple[int, int], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        noise_scale(small, large, *batches)


def test_an_exponent_outside_the_law_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"`exponent` must lie between 0\.5 and 1; got 2"):
        rate_ratio(1, 2, 3, exponent=2)
