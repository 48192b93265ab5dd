"""The rates that learning-rate finders read off a ramp, each by the rule of its source. None of them chooses a rate.

Path:   rates and training losses of a ramp, up to its edge -> named rates, for comparison; called by controllers.
Units:  rates are absolute.
Source: fastai 2.8 (`valley`, `minimum`: smoothed by 0.98 without bias, the first tenth and the last five points left
        out) and the steepest slope of torch-lr-finder, fastai and Lightning, here as a median of slopes against the
        logarithm of the rate: of one point it was decided by noise, and against the rate itself by the left end.

On two small tasks `valley` lay 14 to 24 times too low, the steepest slope of one point 5 times too low to 50 times too
high, a tenth of the minimum 1 to 4 times too low.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ratecraft.laws.responses.range_ramp import Edge

_FASTAI_OLD = 0.98
_LAST = 5  # points that fastai leaves out at the end
_FEWEST = 8  # points of a window: the median of 28 slopes


def suggestions(rates: Sequence[float], losses: Sequence[float], edge: Edge | None) -> Mapping[str, float | None]:
    """Every suggestion by the name of its rule; None if the rule finds nothing.

    Args:
        rates: The rate of every step that was planned.
        losses: Training loss of every step that was done.
        edge: Where the loss begins to rise; what comes after it is not looked at.
    """
    until = len(losses) if edge is None else min(rates.index(edge.rate) + 1, len(losses))
    seen = [(rate, loss) for rate, loss in zip(rates, losses[:until], strict=False) if math.isfinite(loss)]
    curve = np.array([rate for rate, _ in seen]), np.array([loss for _, loss in seen])
    return {
        "before_rise": edge.low if edge else None,
        "steepest": steepest(*curve),
        "valley": valley_middle(*_as_in_fastai(*curve)),
        "minimum_tenth": minimum_tenth(*_as_in_fastai(*curve)),
    }


def steepest(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float | None:
    """The middle of the stretch on which the loss falls fastest: the median slope of all pairs in it (Theil–Sen).

    The first tenth is left out: a loss that falls there fell by itself.

    Returns:
        None if it falls nowhere, or there are too few points.

    Example:
        >>> octaves = np.arange(41)
        >>> found = steepest(2.0**octaves, -1 / (1 + 2.0 ** (20.0 - octaves)))
        >>> round(float(np.log2(found)), 6)
        19.5
    """
    width, first = max(_FEWEST, len(rates) // 8), len(rates) // 10
    octaves = np.log2(rates)
    slopes = {
        start: _median_slope(octaves[start : start + width], losses[start : start + width])
        for start in range(first, len(rates) - width + 1)
    }
    if not slopes:
        return None
    best = min(slopes, key=lambda start: slopes[start])
    return float(2.0 ** octaves[best : best + width].mean()) if slopes[best] < 0 else None


def valley_middle(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float | None:
    """The `valley` of fastai: about the middle of the longest stretch that falls from point to point.

    As there, a falling subsequence counts as a stretch though it may have gaps.

    Example:
        >>> valley_middle(np.arange(1.0, 10.0), np.array([9.0, 8, 7, 6, 5, 4, 5, 6, 7]))
        3.0
    """
    if not len(losses):
        return None
    lengths = [1] * len(losses)
    start = end = 0
    for place in range(1, len(losses)):
        fallen = [lengths[before] for before in range(place) if losses[place] < losses[before]]
        lengths[place] = max(fallen, default=0) + 1
        if lengths[place] > lengths[end]:
            end, start = place, place - lengths[place]
    third = (end - start) / 3
    return float(rates[start + int(third) + int(third / 2)])


def minimum_tenth(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float | None:
    """The `minimum` of fastai: a tenth of the rate at which the smoothed loss is least.

    Example:
        >>> minimum_tenth(np.array([0.1, 1.0, 10.0]), np.array([3.0, 1.0, 2.0]))
        0.1
    """
    return float(rates[losses.argmin()]) / 10 if len(losses) else None


def _as_in_fastai(
    rates: NDArray[np.float64], losses: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points that fastai looks at, smoothed as there."""
    means: list[float] = []
    mean = 0.0
    for count, loss in enumerate(losses, 1):
        mean = _FASTAI_OLD * mean + (1 - _FASTAI_OLD) * float(loss)
        means.append(mean / (1 - _FASTAI_OLD**count))
    inner = slice(len(means) // 10, max(len(means) - _LAST, 0))
    return rates[inner], np.asarray(means, dtype=np.float64)[inner]


def _median_slope(octaves: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    first, second = np.triu_indices(len(octaves), 1)
    return float(np.median((losses[second] - losses[first]) / (octaves[second] - octaves[first])))
