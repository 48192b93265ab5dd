"""Would fewer trials have done? The best of k out of n trials, over all ways to take them.

Path:   scores of trials in any order -> the best of fewer trials, with an interval; used by reports.
Units:  scores with smaller = better, infinite if a trial came to none.
Source: counting: of the C(n, k) ways to take k of n scores, C(n − i, k − 1) have the i-th best as their best. No draw
        is needed, and the shares are exact for these trials; what others would have found they don't tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_SHARES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best score of a number of trials: its median over all ways to choose them, and the range of 90 % of these."""

    trials: int
    low: float
    middle: float
    high: float


def best_of(scores: Sequence[float], trials: int) -> BestOf:
    """The best of some of the trials, drawn without replacement.

    Args:
        scores: Scores of all trials.
        trials: Number of trials drawn, from 1 to all.

    Example:
        >>> best_of([4.0, 3.0, 2.0, 1.0], 2)
        BestOf(trials=2, low=1.0, middle=1.0, high=3.0)
        >>> best_of([4.0, 3.0, 2.0, 1.0], 4).high
        1.0
    """
    ranked = sorted(scores)
    found: list[float] = []
    for share in _SHARES:
        worse, place = 1.0, 0  # the share of ways whose best lies behind the first `place` of the ranking
        while 1 - worse < share - 1e-12 and place < len(ranked):
            left = len(ranked) - place
            worse *= max(0.0, (left - trials) / left)
            place += 1
        found.append(ranked[max(place - 1, 0)])
    return BestOf(trials, *found)


def enough(scores: Sequence[float], within: float) -> int:
    """The fewest trials of which 19 of 20 ways to take them hold a score that is so near to the best of all.

    Args:
        scores: Scores of all trials, at least one.
        within: How much worse it may be.

    Example:
        >>> enough([1.0, 1.1, 5.0, 5.0], within=0.2)
        3
    """
    best = min(scores)
    return next(count for count in range(1, len(scores) + 1) if best_of(scores, count).high <= best + within)
