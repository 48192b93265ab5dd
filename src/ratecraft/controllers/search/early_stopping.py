"""Whether a run that reports as it goes should go on: successive halving for runs that cannot wait.

Path:   reports of trials, steps of a full one -> rungs, the report at each -> stop or go on.
Units:  steps as they are reported.
Source: ASHA: Li et al., MLSys 2020, in the form for runs that either stop or go on at once, as in Optuna's
        `SuccessiveHalvingPruner`; first rung and reduction as in `SearchSettings`.

The scores are from the same step but not annealed, so a rate that would win in the end may look worse early. Trials
whose rate ratecraft sets itself are cooled down first (`halving`).
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ratecraft.controllers.search.settings import SearchSettings


def rungs_of(settings: SearchSettings) -> tuple[int, ...]:
    """The steps at which trials are compared, below those of a full run; empty if the method stops none.

    Example:
        >>> rungs_of(SearchSettings(method="asha", what="loop", steps=1600))
        (100, 400)
        >>> rungs_of(SearchSettings(method="random", what="loop", steps=1600))
        ()
    """
    steps, share, found = settings.steps or 1, settings.first_rung, dict[int, None]()
    while settings.rule.stops_loops and share < 1:
        found[max(1, round(steps * share))] = None
        share *= settings.reduction
    return tuple(rung for rung in found if rung < steps)


def report_at(reports: Iterable[tuple[int, float]], rung: int) -> float | None:
    """The first score that was reported at a rung or later; None if there is none.

    Example:
        >>> report_at([(50, 2.0), (110, 1.0), (120, 0.5)], 100)
        1.0
    """
    return next((score for step, score in reports if step >= rung), None)


def is_left_behind(score: float, others: Sequence[float], reduction: int) -> bool:
    """Whether a trial is not among the best at a rung, compared with those that came before; smaller scores are better.

    Args:
        score: Score of the trial.
        others: Scores of the others in ascending order, so that thousands of them take no time.
        reduction: One in so many goes on.

    Example:
        >>> is_left_behind(1.0, [], 4), is_left_behind(2.0, [1.0], 4), is_left_behind(1.5, [1, 2, 3, 4, 5, 6, 7], 4)
        (False, True, False)
    """
    if not math.isfinite(score):
        return True
    return bisect_left(others, score) >= max(1, (len(others) + 1) // reduction)
