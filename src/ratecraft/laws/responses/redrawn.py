"""How well the bottom of a valley is known: it is looked for again in scores drawn again with their noise.

Path:   scores of one size by rate, the noise of a score -> where the bottom comes to lie, and by how much it moves.
Units:  octaves (log2 of a ratio of rates); scores with smaller = better, infinite if a run blew up.
Source: the parametric bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", 6.5). It holds for a
        best rate that noise may put at any of several rates, where the error of a parabola's bottom does not. On the
        frozen tables of 36 tasks the bottoms of two seeds and of the other two lay apart by what this says of them,
        with its 90 % intervals, in 88 of 100 pairs (`benchmarks/scale/valleys.py`).
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from ratecraft.laws.responses.rate_response import INWARD, best_octave
from ratecraft.laws.robust import Array

_DRAWS = 256
_MOST_RATES = 32


@cache
def _normal() -> Array:
    """Every draw with its opposite, so that noise by itself moves no bottom to one side."""
    drawn = np.random.default_rng(0).standard_normal((_DRAWS // 2, _MOST_RATES))
    return np.concatenate([drawn, -drawn])


def redrawn_bottom(scores: Mapping[float, float], noise: float) -> tuple[float, float]:
    """Where the bottom lies in the mean of scores drawn again, and the standard deviation of where it lies.

    Args:
        scores: Octave to score, of at most 32 rates.
        noise: Standard deviation of a score.

    Raises:
        InvalidInput: No scores, or one that is NaN.

    Example:
        >>> octave, sd = redrawn_bottom({-1: 1.1, 0: 1.0, 1: 1.1}, 0.01)
        >>> round(abs(octave), 1), round(sd, 2)
        (0.0, 0.03)
    """
    best = best_octave(scores)
    if len(scores) < 3:
        return float(best), 0.0
    octaves = np.array(sorted(scores), dtype=np.float64)
    drawn = np.array([scores[score] for score in sorted(scores)]) + noise * _normal()[:, : len(octaves)]
    found = _bottoms(octaves, drawn)
    return float(found.mean()), float(found.std())


def _bottoms(octaves: Array, drawn: Array) -> Array:
    """`rate_response.bottom` of every row."""
    row, lowest = np.arange(len(drawn)), drawn.argmin(axis=1)
    middle = np.clip(lowest, 1, len(octaves) - 2)
    left, here, right = (octaves[middle + step] for step in (-1, 0, 1))
    scores = [drawn[row, middle + step] for step in (-1, 0, 1)]
    with np.errstate(invalid="ignore", divide="ignore"):  # of rows that have no valley
        before, after = (scores[1] - scores[0]) / (here - left), (scores[2] - scores[1]) / (right - here)
        curvature = (after - before) / (right - left)
        deepest = np.clip((left + here) / 2 - before / (2 * curvature), left, right)
    whole = np.isfinite(scores).all(axis=0)
    cliff = np.where(np.isfinite(scores[2]), 0.0, INWARD)
    best: Array = octaves[lowest]
    return np.where(whole, np.where(curvature > 0, deepest, best), best - cliff)
