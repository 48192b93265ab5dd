"""How far two ways of training differ, tried over and over from the same states on the same batches.

Path:   scores of both, repeat by repeat -> the difference with its interval.
Units:  a difference is a log ratio where both losses are above 0, else a share of the larger one; > 0 is better.
Source: paired t-interval (Student 1908), 95 %.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_STUDENT = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Two-sided 95 % quantiles of Student's t for 1, 2… degrees of freedom."""

_LARGEST = 700.0  # whose exponential is still a number
_LEAST = math.log(1.02)  # a difference of 2 % is the least that is told (docs/reference/findings.md, "Truth")


@dataclass(frozen=True, slots=True)
class Paired:
    """How much better the second way is than the first.

    Attributes:
        gain: The mean difference; where a repeat blew up in one way only, which counts as infinite, the median.
        low: Lower end of its interval.
        high: Upper end.
    """

    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the second is better by 2 % or more, and not by chance."""
        return self.low > 0 and self.gain > _LEAST

    @property
    def is_seen(self) -> bool:
        """Whether the second came out better by 2 % or more, be it by chance."""
        return self.gain > _LEAST

    @property
    def is_no_better(self) -> bool:
        """Whether the second is shown not to be better by 2 %."""
        return self.high <= _LEAST

    @property
    def is_open(self) -> bool:
        """Whether neither is shown."""
        return not (self.is_better or self.is_no_better)


@dataclass(frozen=True, slots=True)
class Level:
    """A mean, and where it lies in 19 of 20 cases."""

    mean: float
    low: float
    high: float


def level(losses: Sequence[float]) -> Level | None:
    """The mean of some losses, geometric where all are above 0, as ratios are; None of fewer than two.

    Example:
        >>> found = level([0.5, 1.0, 2.0])
        >>> round(found.mean, 2), round(found.low, 2), round(found.high, 2)
        (1.0, 0.18, 5.6)
    """
    if len(losses) < 2:
        return None
    if min(losses) <= 0:
        return _mean_of(losses)
    logs = _mean_of([math.log(loss) for loss in losses])
    return Level(math.exp(logs.mean), math.exp(logs.low), math.exp(min(logs.high, _LARGEST)))


def _mean_of(values: Sequence[float]) -> Level:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    wide = _STUDENT[min(len(values) - 1, len(_STUDENT)) - 1] * spread / math.sqrt(len(values))
    return Level(mean, mean - wide, mean + wide)


def paired(first: Sequence[float | None], second: Sequence[float | None]) -> Paired | None:
    """The difference of two rows of losses, repeat by repeat.

    Args:
        first: Losses of the first way; None if it blew up.
        second: Scores of the second, in the same order.

    Returns:
        None where fewer than two repeats tell anything.

    Example:
        >>> found = paired([1.0, 1.1, 0.9], [0.5, 0.56, 0.45])
        >>> round(found.gain, 2), found.is_better
        (0.69, True)
        >>> paired([None, None], [0.5, 0.6]).gain
        inf
        >>> paired([None, 1.0, 1.0], [0.5, 0.99, 0.99]).is_better  # one of three is not most of them
        False
    """
    gains = [gain for gain in map(_gain, first, second) if not math.isnan(gain)]
    if len(gains) < 2:
        return None
    if any(map(math.isinf, gains)):
        return Paired(statistics.median_low(gains), min(gains), max(gains))
    found = _mean_of(gains)
    return Paired(found.mean, found.low, found.high)


def _gain(first: float | None, second: float | None) -> float:
    if first is None or second is None:
        return math.nan if first is second else math.inf if first is None else -math.inf
    if first > 0 and second > 0:
        return math.log(first / second)
    larger = max(abs(first), abs(second))
    return (first - second) / larger if larger else 0.0
