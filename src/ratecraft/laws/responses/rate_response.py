"""How a score answers to the rate: where is the bottom, how wide is it, how well does a parabola hold?

Path:   scores of annealed probes of one length -> the bottom of the valley; called by controllers.
Units:  octaves (log2 of a ratio of rates); scores with smaller = better, infinite if a probe blew up.
Source: the score is smooth and lopsided in log2(rate); a ×2 ladder and a parabola through the best probe and its
        neighbours find the optimum well enough, and beat the best probe itself by 0.1–0.6 seed-sd.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ratecraft.errors import InvalidInput

INWARD = 0.25
"""Octaves below the best probe where the next rate up blew up: the bottom lies away from the cliff."""

_FITTED = 5  # probes of a least-squares parabola: the fewest with two degrees of freedom left for their scatter


@dataclass(frozen=True, slots=True)
class Valley:
    """The parabola `floor + curvature · (octave − bottom)²`, open upwards (`curvature` > 0)."""

    bottom: float
    floor: float
    curvature: float

    def score(self, octave: float) -> float:
        """The predicted score at an octave."""
        away = octave - self.bottom
        return self.floor + self.curvature * away * away


def best_octave(scores: Mapping[float, float]) -> float:
    """The octave of the best score; the lowest of equals, because too low is cheap and too high is a cliff.

    Raises:
        InvalidInput: No scores, or one that is NaN: score a probe without a figure as infinite.

    Example:
        >>> best_octave({-2: 0.7, 0: 0.5, 2: 0.5})
        0
    """
    if not scores or any(math.isnan(score) for score in scores.values()):
        raise InvalidInput("scores-not-numbers", scores=", ".join(str(score) for score in scores.values()))
    return min(sorted(scores), key=lambda octave: scores[octave])


def valley(scores: Mapping[float, float]) -> Valley | None:
    """The parabola through the best score and its neighbours (at an end of the ladder: the three next to that end).

    Args:
        scores: Octave to score.

    Returns:
        None if no valley can be told: fewer than three probes, one of the three blown up, or bent downwards.

    Example:
        >>> valley({-1: 2.0, 0: 1.0, 1: 2.0})
        Valley(bottom=0.0, floor=1.0, curvature=1.0)
    """
    if len(scores) < 3:
        return None
    left, middle, right = _three(scores)
    before = (scores[middle] - scores[left]) / (middle - left)
    after = (scores[right] - scores[middle]) / (right - middle)
    curvature = (after - before) / (right - left)
    if not curvature > 0 or not math.isfinite(curvature):  # a NaN from infinite scores fails both
        return None
    deepest = (left + middle) / 2 - before / (2 * curvature)
    if not math.isfinite(deepest):
        return None
    return Valley(deepest, scores[middle] - curvature * (middle - deepest) * (middle - deepest), curvature)


def bottom(scores: Mapping[float, float], below: float = 0.0) -> float:
    """The octave of the best rate that the scores tell of.

    Args:
        scores: Octave to score.
        below: Octaves that the answer may lie under the lowest of the three probes used. It never lies above the
            highest: upwards is where runs blow up.

    Returns:
        The bottom of the valley, kept to the probes that tell of it. Without a valley the best probe itself, a quarter
        of an octave lower where the next one up blew up.

    Raises:
        InvalidInput: No scores, or one that is NaN.

    Example:
        >>> bottom({-2: 1.5, -1: 1.0, 0: 1.0})
        -0.5
    """
    best = best_octave(scores)
    if len(scores) < 3:
        return float(best)
    left, middle, right = _three(scores)
    if not all(math.isfinite(scores[index]) for index in (left, middle, right)):
        return float(best) - (0.0 if math.isfinite(scores[right]) else INWARD)
    found = valley(scores)
    return float(best) if found is None else min(max(found.bottom, left - below), float(right))


def interval(
    scores: Mapping[float, float], chosen: float, noise: float, span: tuple[float, float]
) -> tuple[float, float] | None:
    """The octaves whose predicted score is within one noise sd of the score predicted at `chosen`.

    Args:
        scores: Octave to score, of one rung.
        chosen: What `bottom` gave for them.
        noise: Standard deviation of the noise of one score.
        span: Lowest and highest octave that was probed: a parabola is trusted only inside them.

    Returns:
        Lowest and highest octave, `chosen` among them; None if no valley can be told.

    Example:
        >>> interval({-1: 2.0, 0: 1.0, 1: 2.0}, chosen=0.0, noise=0.25, span=(-1.0, 1.0))
        (-0.5, 0.5)
    """
    found = valley(scores)
    if found is None:
        return None
    half = math.hypot(chosen - found.bottom, math.sqrt(noise / found.curvature))
    low, high = max(found.bottom - half, span[0]), min(found.bottom + half, span[1])
    return min(low, chosen), max(high, chosen)


def scatter(scores: Mapping[float, float]) -> float | None:
    """Standard deviation of the five finite scores next to the best about their own parabola.

    A rough stand-in for the noise of a score: two degrees of freedom, and whatever is not parabolic counts as noise.

    Returns:
        None with fewer than five finite scores.

    Example:
        >>> scatter({-1: 2.0, 0: 1.0, 1: 2.0}) is None
        True
    """
    finite = {octave: score for octave, score in scores.items() if math.isfinite(score)}
    if len(finite) < _FITTED:
        return None
    best = best_octave(finite)
    near = sorted(sorted(finite), key=lambda octave: abs(octave - best))[:_FITTED]
    octaves = np.array([octave - best for octave in near], dtype=np.float64)
    values = np.array([finite[octave] - finite[best] for octave in near], dtype=np.float64)
    terms = np.vander(octaves, 3)
    left_over = values - terms @ np.linalg.lstsq(terms, values, rcond=None)[0]
    return float(np.sqrt(np.sum(left_over**2) / (len(near) - 3)))


def unevenness(scores: Mapping[float, float]) -> float:
    """By how much the scores go against a valley, one that falls to its bottom and rises from there.

    0 for every valley, however lopsided; for noise about as large as the spread of the scores.

    Example:
        >>> unevenness({-2: 9.0, -1: 1.0, 0: 2.0, 1: 2.5}), unevenness({-1: 1.0, 0: 2.0, 1: 1.5})
        (0.0, 0.5)
    """
    ordered = [scores[octave] for octave in sorted(scores)]

    def against(place: int) -> float:
        left, right = ordered[: place + 1], ordered[place:][::-1]
        return max(_largest_rise(left), _largest_rise(right))

    return min(map(against, range(len(ordered))), default=0.0)


def _largest_rise(scores: Sequence[float]) -> float:
    """The largest difference between a score and any before it."""
    rise, lowest = 0.0, math.inf
    for score in scores:
        lowest = min(lowest, score)
        rise = max(rise, score - lowest)
    return rise


def _three(scores: Mapping[float, float]) -> tuple[float, float, float]:
    """The best octave with its neighbours; the outermost three where it is at an end."""
    ordered = sorted(scores)
    place = min(max(ordered.index(best_octave(scores)), 1), len(ordered) - 2)
    return ordered[place - 1], ordered[place], ordered[place + 1]
