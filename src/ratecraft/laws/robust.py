"""Levels, noise, trends and spikes of a logged series, such that a few wild points decide nothing.

Path:   values of a series, in order -> its level, noise, direction, spikes; called by diagnosis.
Units:  values in the unit of the series; scores in noise standard deviations.
Source: 1.4826 · median absolute deviation for a standard deviation (Hampel 1974); the direction of a series by the
        rank test of Mann 1945 on the medians of blocks, since neighbouring points depend on each other; spikes against
        the 128 points before, as OLMo-core's `SkipStepOptimizer` does (there with mean and deviation).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""Values of a series, shape (n,)."""

Steps: TypeAlias = NDArray[np.int64]
"""The steps of the values, shape (n,), never decreasing."""

_NORMAL = 1.4826  # a normal distribution's standard deviation over its median absolute deviation
_BEFORE = 128  # points that a spike is held against
_STRIDE = 16  # points that share one such background, so that long logs stay cheap
_FEWEST_BEFORE = 16
_LEAP_BEFORE, _LEAP_AFTER = 64, 16  # points about a leap
_TAIL, _TAIL_SD = 0.95, 1.645  # share of points below, and where that is for a normal distribution
_ROWS = 4096  # backgrounds that are worked out at once: 4 MiB


def median(values: Array) -> float:
    """The median; NaN of nothing.

    Example:
        >>> median(np.array([3.0, 1.0, 100.0]))
        3.0
    """
    return float(np.median(values)) if len(values) else float("nan")


def quantile(values: Array, share: float) -> float:
    """The value below which a share of them lies.

    Example:
        >>> quantile(np.arange(11.0), 0.9)
        9.0
    """
    return float(np.quantile(values, share))


def log_values(values: Array) -> Array:
    """Natural logarithms of values > 0."""
    return np.log(values)


def merged(steps: Steps, values: Array) -> tuple[Steps, Array]:
    """One value a step: the mean of those that were logged at the same one, as under gradient accumulation.

    Example:
        >>> steps, values = merged(np.array([1, 1, 2]), np.array([2.0, 4.0, 5.0]))
        >>> steps.tolist(), values.tolist()
        ([1, 2], [3.0, 5.0])
    """
    each, first = np.unique(steps, return_index=True)
    if len(each) == len(steps):
        return steps, values
    counts = np.diff(np.append(first, len(steps)))
    return each, np.add.reduceat(values, first) / counts


def noise_sd(values: Array) -> float:
    """Standard deviation of the noise about a curve that moves slowly: from the differences of neighbours.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> bool(0.9 < noise_sd(np.linspace(0, 50, 1000) + rng.normal(size=1000)) < 1.1)
        True
        >>> noise_sd(np.array([1.0]))
        0.0
    """
    if len(values) < 3:
        return 0.0
    moves = np.diff(values)
    return float(_NORMAL * np.median(np.abs(moves - np.median(moves))) / np.sqrt(2))


def persistence(values: Array) -> float:
    """Lag-1 autocorrelation of the differences of neighbours, without its wild ones.

    −½ for independent noise; −(1 − φ)/2 for its moving average with factor φ, so −0.05 at 0.9.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=2000)
        >>> round(persistence(noise), 1), bool(persistence(np.convolve(noise, np.ones(50))) > -0.1)
        (-0.5, True)
    """
    moves = np.diff(values)
    if len(moves):
        moves = moves - np.median(moves)
        most = 3 * _NORMAL * float(np.median(np.abs(moves)))
        moves = np.clip(moves, -most, most)
    power = float(moves @ moves)
    return float(moves[1:] @ moves[:-1]) / power if len(moves) > 2 and power > 0 else 0.0


def blocks_of(count: int, blocks: int) -> Sequence[tuple[int, int]]:
    """Start and end of at most `blocks` blocks of neighbours, as equal in size as possible.

    Example:
        >>> list(blocks_of(5, 2)), list(blocks_of(2, 5))
        ([(0, 2), (2, 5)], [(0, 1), (1, 2)])
    """
    edges = np.linspace(0, count, min(blocks, count) + 1).astype(int).tolist()
    return list(pairwise(edges))


def block_medians(values: Array, blocks: int) -> Array:
    """Medians of at most `blocks` blocks of neighbours.

    Example:
        >>> block_medians(np.array([1.0, 2.0, 9.0, 4.0, 5.0, 6.0]), 2).tolist()
        [2.0, 5.0]
    """
    return np.array([np.median(values[first:after]) for first, after in blocks_of(len(values), blocks)])


def direction(values: Array, blocks: int = 10) -> float:
    """How surely a series rises (> 0) or falls (< 0), in standard deviations of the rank test.

    Ten blocks reach at most 3.9; five at most 2.2.

    Returns:
        0 for fewer than four values.

    Example:
        >>> round(direction(np.arange(100.0)), 1), round(direction(-np.arange(5.0)), 1)
        (3.9, -2.2)
    """
    medians = block_medians(values, blocks)
    count = len(medians)
    if count < 4:
        return 0.0
    first, second = np.triu_indices(count, 1)
    score = float(np.sign(medians[second] - medians[first]).sum())
    toward_zero = max(abs(score) - 1, 0.0) * float(np.sign(score))
    return toward_zero / float(np.sqrt(count * (count - 1) * (2 * count + 5) / 18))


def spike_scores(values: Array) -> Array:
    """How far each value lies above the median of the points before it, in their noise sd.

    The first sixteen, and all of a series without noise, score 0. Shape (n,).

    Example:
        >>> values = np.random.default_rng(0).normal(size=300)
        >>> values[200] += 30
        >>> int(spike_scores(values).argmax())
        200
    """
    starts = np.arange(_FEWEST_BEFORE, len(values), _STRIDE)
    if not len(starts):
        return np.zeros(len(values))
    parts = [_background(values[None, :first]) for first in starts[starts < _BEFORE]]
    later = starts[starts >= _BEFORE] - _BEFORE
    for row in range(0, len(later), _ROWS):
        parts.append(_background(sliding_window_view(values, _BEFORE)[later[row : row + _ROWS]]))
    level, spread = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    level, spread = (np.repeat(track, _STRIDE)[: len(values) - _FEWEST_BEFORE] for track in (level, spread))
    with np.errstate(over="ignore"):  # a spread may be as small as numbers go
        above = np.divide(values[_FEWEST_BEFORE:] - level, spread, out=np.zeros_like(level), where=spread > 0)
    return np.concatenate([np.zeros(_FEWEST_BEFORE), above])


def leaps(values: Array, least: float) -> NDArray[np.bool_]:
    """Where a series leaps by `least` over the highest of the 64 before, and half of that stays for the next 16.

    Args:
        values: Shape (n,).
        least: Above 0, in the unit of the series; otherwise nothing leaps.

    Returns:
        Shape (n,). The last sixteen do not leap: what follows them is not known.

    Example:
        >>> values = np.ones(200)
        >>> values[100:] = 20.0
        >>> leaps(values, 5.0).nonzero()[0].tolist(), bool(leaps(values, 50.0).any())
        ([100], False)
    """
    made = np.zeros(len(values), np.bool_)
    if len(values) <= _LEAP_BEFORE + _LEAP_AFTER or least <= 0:
        return made
    windows = sliding_window_view(values, _LEAP_BEFORE)[: -_LEAP_AFTER - 1]
    over = values[_LEAP_BEFORE : len(windows) + _LEAP_BEFORE] - windows.max(1)
    for place in (over >= least).nonzero()[0].tolist():
        step = place + _LEAP_BEFORE
        made[step] = median(values[step : step + _LEAP_AFTER]) - median(windows[place]) >= least / 2
    return made


def _background(rows: NDArray[np.float64]) -> tuple[Array, Array]:
    """Level and spread of each row: the largest of its deviation, its noise and its upper tail.

    So neither a slope is a spike, nor the tail of losses that lie farther above their level than below it.
    """
    level = np.median(rows, axis=1)
    deviation = np.median(np.abs(rows - level[:, None]), axis=1)
    moves = np.diff(rows, axis=1)
    noise = np.median(np.abs(moves - np.median(moves, axis=1)[:, None]), axis=1) / np.sqrt(2)
    place = int(_TAIL * rows.shape[1])
    tail = (np.partition(rows, place, axis=1)[:, place] - level) / _TAIL_SD
    return level, np.maximum(_NORMAL * np.maximum(deviation, noise), tail)


def most_within(steps: Steps, window: int) -> int:
    """The largest number of the given steps that lie within a window of `window` steps.

    Args:
        steps: Shape (n,), rising.
        window: From a step of them, counted in; above 0.

    Example:
        >>> most_within(np.array([3, 10, 12, 19, 20]), 10)
        3
    """
    return int((steps.searchsorted(steps + window) - np.arange(len(steps))).max(initial=0))


def turning_places(values: Array) -> NDArray[np.intp]:
    """Where a series turns, and its two ends: the first place of each top, bottom and last level.

    What lies between two of them only rises, or only falls. Shape (m,), m ≤ n.

    Example:
        >>> turning_places(np.array([0.0, 1.0, 2.0, 2.0, 1.0, 1.0])).tolist()
        [0, 2, 4]
    """
    apart = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    ways = np.sign(np.diff(values[apart]))
    is_turn = np.concatenate([[True], ways[1:] != ways[:-1], [True]])[: len(apart)]
    return apart[is_turn]


def turns(values: Array) -> float:
    """Share of neighbouring moves that go opposite ways: ⅔ for independent noise, 1 for a zigzag.

    Example:
        >>> turns(np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
        1.0
    """
    moves = np.diff(values)
    return float(np.mean(moves[1:] * moves[:-1] < 0)) if len(moves) > 1 else 0.0
