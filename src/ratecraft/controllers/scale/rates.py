"""Which rates a small run is trained at: an octave apart, until the best one has a worse one on both sides.

Path:   scores so far -> the next rates, or none -> `ScalePoint` of `laws.scaling.scale_law`.
Units:  octaves above a rate that all sizes share; scores with smaller = better, infinite if a run blew up.
Source: docs/reference/tuner.md, "Bracket": an octave apart, a parabola through the best rate and its neighbours finds
        the best one well enough. `laws.redrawn` says how well it is known; its constants come from
        `benchmarks/scale/valleys.py`, measured on other tasks than the laws over sizes.
"""

import math
from collections.abc import Mapping

from ratecraft.laws.responses.rate_response import best_octave
from ratecraft.laws.responses.redrawn import redrawn_bottom
from ratecraft.laws.scaling.scale_law import ScalePoint

FIRST_RATES = 5
"""Rates that the first size usually needs."""

LATER_RATES = 4
"""Rates that each later size usually needs."""

UNMEASURED_NOISE = 0.03
"""Assumed noise of an unmeasured score, as a share of |best|: 90 of 100 intervals hold; with 1 % 88, with 5 % 91."""

_WIDE = 2  # octaves: ×4, as the tuner's bracket begins
_MOST = 9  # rates of one size: no best rate has been found this far from where it was expected
_SHARPEST = 0.1  # octaves: the bottom of a parabola through rates an octave apart is at least this uncertain
_CLIFF = 0.35  # where the next rate up blew up: somewhere in the octave below it
_WIDEST = 2.0  # octaves, of a valley that is flat


def next_octaves(scores: Mapping[int, float], begin: int, *, sure: bool) -> tuple[int, ...]:
    """The next rates of one size; empty once the best has a neighbour on both sides, or if none can be found.

    Args:
        scores: Scores of the rates that were tried.
        begin: Octave to begin with.
        sure: The best rate is expected near there, from other sizes.

    Example:
        >>> next_octaves({}, 0, sure=False), next_octaves({-2: 2.0, 0: 1.0, 2: 3.0}, 0, sure=False)
        ((-2, 0, 2), (-1, 1))
        >>> next_octaves({-1: 1.0, 0: 2.0, 1: 3.0}, 0, sure=True)
        (-2,)
    """
    if not scores:
        apart = 1 if sure else _WIDE
        return (begin - apart, begin, begin + apart)
    if len(scores) >= _MOST:
        return ()
    if not any(map(math.isfinite, scores.values())):  # all blew up: go far down
        return (min(scores) - _WIDE,)
    best = int(best_octave({float(octave): score for octave, score in scores.items()}))
    wanted = (best - 1, best + 1)
    return tuple(octave for octave in wanted if octave not in scores)


def scale_point(sizes: tuple[float, ...], scores: Mapping[int, float], noise: float | None) -> ScalePoint | None:
    """The best rate of one size, from all the rates it was trained at; None if they do not tell one.

    Args:
        sizes: Sizes of the run.
        scores: Score by octave.
        noise: Standard deviation of a score; None if it was not measured.

    Example:
        >>> point = scale_point((64.0,), {-1: 1.1, 0: 1.0, 1: 1.1}, 0.01)
        >>> round(abs(point.octave), 1), round(point.sd, 1)
        (0.0, 0.1)
    """
    if not any(map(math.isfinite, scores.values())):
        return None
    octaves = {float(octave): score for octave, score in scores.items()}
    best = best_octave(octaves)
    if best - 1 not in octaves or best + 1 not in octaves:
        return None
    octave, moved = redrawn_bottom(octaves, UNMEASURED_NOISE * abs(octaves[best]) if noise is None else noise)
    least = _CLIFF if math.isinf(octaves[best + 1]) else _SHARPEST
    return ScalePoint(sizes, octave, min(math.hypot(least, moved), _WIDEST))
