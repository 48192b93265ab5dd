"""The gradient noise scale: at which batch a gradient is half signal, half noise; and what follows from it.

Path:   squared gradient norms at two batch sizes -> B_noise -> rates, steps and samples of other batches; called by
        recipes.
Units:  batch sizes and B_noise are samples; norms are in the unit of the gradient; steps and samples are relative to
        the fewest that reach the same loss.
Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", arXiv 1812.06162: B_simple = tr Σ / |G|²
        (appendix A.1), η(B) = η_max / (1 + B_noise / B)^α, S = S_min (1 + B_noise / B), E = E_min (1 + B / B_noise).
        Surge: Li et al. 2024, arXiv 2405.14578. Interval: Fieller's theorem on the means.

Numerator and denominator are averaged over the steps *separately* and divided last: the mean of ratios is badly biased.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import positive_number

_Z = 1.959963984540054  # 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class NoiseScale:
    """B_noise with its 95 % interval.

    Attributes:
        value: In samples; None if the gradient cannot be told from noise.
        low: Lower end of the interval; 0 where noise cannot be told from none.
        high: Upper end; None if it is unbounded: the gradient may be 0.
        gradient: |G|², of the true gradient.
        noise: tr Σ, the variance of one sample's gradient.
    """

    value: float | None
    low: float
    high: float | None
    gradient: float
    noise: float


def noise_scale(small: ArrayLike, large: ArrayLike, small_batch: float, large_batch: float) -> NoiseScale:
    """B_noise from squared gradient norms at two batch sizes.

    Under accumulation: `small` is the mean squared norm of the micro-batches of a step, `large` the squared norm of
    their mean.

    Args:
        small: Shape (steps,). |g|² of a batch of `small_batch` samples, or the mean of several.
        large: Shape (steps,). |g|² of a batch of `large_batch` samples at the same weights.
        small_batch: Samples.
        large_batch: Samples; more than `small_batch`.

    Raises:
        InvalidInput: Fewer than two steps, shapes that differ, norms that are negative or not finite, or batch sizes
            that are not 0 < small < large.

    Example:
        >>> noise_scale([12.0, 10.0, 11.0], [2.0, 2.0, 2.0], small_batch=1, large_batch=10).value  # |G|² = 1, tr Σ = 10
        10.0
    """
    pairs = np.array([_norms("small", small), _norms("large", large)]) if np.shape(small) == np.shape(large) else None
    if pairs is None or pairs.shape[1] < 2:
        raise InvalidInput("law-norm-pairs", small=np.shape(small), large=np.shape(large))
    if not 0 < small_batch < large_batch < math.inf:
        raise InvalidInput("law-two-batches", small=small_batch, large=large_batch)
    gradients = (large_batch * pairs[1] - small_batch * pairs[0]) / (large_batch - small_batch)
    noises = (pairs[0] - pairs[1]) / (1 / small_batch - 1 / large_batch)
    gradient, noise = float(gradients.mean()), float(noises.mean())
    low, high = _fieller(noises, gradients)
    return NoiseScale(noise / gradient if gradient > 0 else None, low, high, gradient, noise)


def rate_ratio(base: float, batch: float, noise: float, exponent: float = 1.0) -> float:
    """The factor for the rate between two batch sizes when B_noise is known.

    Args:
        base: Batch size at which the rate is known.
        batch: Batch size wanted.
        noise: B_noise.
        exponent: α: 1 for SGD, ½ to 1 for Adam.

    Raises:
        InvalidInput: A size that is not a finite number above 0, or an exponent that is not between ½ and 1.

    Example:
        >>> rate_ratio(100, 1000, noise=1000), round(rate_ratio(100, 1e9, noise=1000), 3)  # it saturates
        (5.5, 11.0)
    """
    if not 0.5 <= exponent <= 1:
        raise InvalidInput("schedule-range", name="exponent", low=0.5, high=1, given=exponent)
    before, after = (1 + positive_number("noise", noise) / size for size in _sizes(base, batch))
    return (before / after) ** exponent


def surge_ratio(base: float, batch: float, noise: float) -> float:
    """The same for Adam by the surge law: the best rate is highest at B_noise and falls again beyond it.

    η(B) = η_max / ½(√(B_noise / B) + √(B / B_noise)).

    Raises:
        InvalidInput: A size that is not a finite number above 0.

    Example:
        >>> surge_ratio(250, 4000, noise=1000)  # as far above as below
        1.0
    """
    shares = (size / positive_number("noise", noise) for size in _sizes(base, batch))
    before, after = (1 / math.sqrt(share) + math.sqrt(share) for share in shares)
    return before / after


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """What a batch costs, relative to the least that reaches the same loss.

    Attributes:
        steps: Times the fewest optimizer steps (those of a very large batch).
        samples: Times the fewest samples (those of a very small one).
    """

    steps: float
    samples: float


def tradeoff(batch: float, noise: float) -> Tradeoff:
    """Steps against samples: (steps − 1)(samples − 1) = 1.

    Raises:
        InvalidInput: A size that is not a finite number above 0.

    Example:
        >>> tradeoff(1000, noise=1000), tradeoff(250, noise=1000)
        (Tradeoff(steps=2.0, samples=2.0), Tradeoff(steps=5.0, samples=1.25))
    """
    share = positive_number("batch", batch) / positive_number("noise", noise)
    return Tradeoff(steps=1 + 1 / share, samples=1 + share)


def useful_batch(noise: float, more_samples: float = 1.0) -> float:
    """The largest batch that spends at most a given share of samples more than the fewest.

    Args:
        noise: B_noise.
        more_samples: Share; 1, twice the samples, is the usual compromise and gives B_noise itself.

    Raises:
        InvalidInput: An argument that is not a finite number above 0.

    Example:
        >>> useful_batch(1000), useful_batch(1000, more_samples=0.1)
        (1000.0, 100.0)
    """
    return positive_number("noise", noise) * positive_number("more_samples", more_samples)


def _sizes(base: float, batch: float) -> tuple[float, float]:
    return positive_number("base", base), positive_number("batch", batch)


def _norms(name: str, given: ArrayLike) -> NDArray[np.float64]:
    norms = np.asarray(given, dtype=np.float64)
    if norms.ndim != 1 or not np.isfinite(norms).all() or (norms < 0).any():
        raise InvalidInput("law-norms", name=name)
    return norms


def _fieller(above: NDArray[np.float64], below: NDArray[np.float64]) -> tuple[float, float | None]:
    """The interval of a ratio of two means that were measured together; what is below 0 is cut off."""
    count = len(above)
    covariance = np.cov(above, below) / count
    t = _t_quantile(count - 1)
    top, bottom = float(above.mean()), float(below.mean())
    squared = bottom**2 - t**2 * covariance[1, 1]
    middle = top * bottom - t**2 * covariance[0, 1]
    rest = max(0.0, middle**2 - squared * (top**2 - t**2 * covariance[0, 0]))
    if bottom <= 0 or squared <= 0:  # the gradient may be 0, so that only a lower end is known
        low = max(0.0, top - t * math.sqrt(covariance[0, 0])) / (max(bottom, 0.0) + t * math.sqrt(covariance[1, 1]))
        return low, None
    return max(0.0, (middle - math.sqrt(rest)) / squared), max(0.0, (middle + math.sqrt(rest)) / squared)


def _t_quantile(freedom: int) -> float:
    """A quantile of Student's t, by the Cornish-Fisher expansion: within 1 % from 4 degrees of freedom on."""
    z = _Z
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + first + second + third
