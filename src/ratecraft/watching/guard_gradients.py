"""Which gradients are no numbers, and which are larger than any that the run has had for long.

Path:   the norm before each update -> the largest that is let through; pure. Part of `guard`.
Source: 128 updates to hold one against, as OLMo-core's `SkipStepOptimizer` and Levanter. They count standard
        deviations, which norms with a heavy tail (few samples, Adagrad) exceed in good runs too: there the peak is up
        to 500 times the median (reference page on diagnosis, `gpeak`). So one is held against the largest of the last.
"""

import math
from dataclasses import dataclass, replace

from ratecraft.records.guarding import Update

__all__ = ["Gradients", "seen"]

_WINDOW = 128
_FEWEST = 32
_ABOVE = 4.0  # between two neighbours of a healthy run's running maxima lies less; benchmarks/guard.py counts it
_MOST_IN_A_ROW = 8  # after so many it is no spike but a new level, which is learned anew


@dataclass(frozen=True, slots=True)
class Gradients:
    """Norms of the last updates, and how many in a row were shrunk."""

    recent: tuple[float, ...] = ()
    shrunk: int = 0

    def after_going_back(self) -> "Gradients":
        """The next updates are those of an earlier state, whose norms these are too."""
        return replace(self, shrunk=0)


def seen(gradients: Gradients, update: Update) -> tuple[Gradients, float | None, bool]:
    """The next state; the norm to shrink the gradients to, or None; whether they are numbers.

    Example:
        >>> state = Gradients(recent=(1.0,) * 32)
        >>> seen(state, Update(32, norm=5.0))[1:], seen(state, Update(32, norm=3.0))[1:]
        ((1.0, True), (None, True))
    """
    norm = update.norm
    if norm is None:
        return gradients, None, True
    if not math.isfinite(norm):
        return gradients, None, False
    largest = max(gradients.recent, default=0.0)
    if update.clips or len(gradients.recent) < _FEWEST or norm <= _ABOVE * largest:
        return Gradients((*gradients.recent, norm)[-_WINDOW:]), None, True
    if gradients.shrunk + 1 == _MOST_IN_A_ROW:
        return Gradients(), None, True
    return replace(gradients, shrunk=gradients.shrunk + 1), largest, True
