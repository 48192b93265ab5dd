"""Which values a trial is drawn with, where no model chooses them; and how a search never tries one thing twice.

Path:   frame of a search, number of a draw -> values -> the jobs of a new trial.
"""

from collections.abc import Sequence

from ratecraft.controllers.search.ledger import Ledger
from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame
from ratecraft.laws.unit_points import random_points, sobol_points
from ratecraft.records.events import Proposed
from ratecraft.records.trials import Trial

__all__ = ["drawn", "new_trial"]


def drawn(frame: Frame, number: int) -> Values:
    """The values of a draw: a pure function of the space, the seed and its number.

    Args:
        frame: The frame of the search.
        number: Of the draw, from 0.
    """
    points = sobol_points if frame.settings.method == "sobol" else random_points
    together = 1 << number.bit_length()  # few sizes, so that each is drawn once
    return frame.space.values(points(together, len(frame.space.parameters), frame.settings.seed)[number])


def new_trial(ledger: Ledger, first: Sequence[Values] = (), *, rung: int = 0, bracket: int = 0) -> tuple[Proposed, ...]:
    """What one more trial asks for: with the first of the given values that was not tried, else with those of a draw.

    Args:
        ledger: All trials so far.
        first: Values that are wanted before any draw.
        rung: On which rung it begins.
        bracket: In which bracket.

    Returns:
        Nothing where a look at the same arguments is under way, or where there is nothing left that was not tried.
    """
    number, misses = ledger.trials, ledger.frame.settings.most_misses
    for at in range(len(first) + misses):
        values = first[at] if at < len(first) else drawn(ledger.frame, number + at - len(first))
        fresh = ledger.opened(Trial(number, values, rung, bracket))
        if fresh or ledger.horizon(values) is None:
            return fresh
    return ()
