"""Which gradients are NaN or infinite, and which are larger than any that the run has had for long; also for buffers.

Path:   the norm before each update -> the largest that is let through. Pure; part of `guard`.
Source: 128 updates to compare with, as in OLMo-core's `SkipStepOptimizer` and Levanter. Those count standard
        deviations, which norms with a heavy tail (few samples, Adagrad) exceed in good runs too: there the peak is up
        to 500 times the median (docs/reference/findings.md, S04). So a norm is compared with the largest of the last
        ones.
"""

import math
from dataclasses import dataclass

from ratecraft.records.watching.guarding import Update

_WINDOW = 128
_FEWEST = 32
_ABOVE = 4.0  # healthy runs' running maxima grow less than this between two neighbours; benchmarks/guard.py counts it
_MOST_IN_A_ROW = 8  # after this many it is not a spike but a new level, which is learned again


@dataclass(frozen=True, slots=True)
class Recent:
    """Values of the last updates, and how many in a row were far above them."""

    values: tuple[float, ...] = ()
    above: int = 0

    def after_going_back(self) -> "Recent":
        """The state after a roll-back: the next updates start from an earlier state, whose values are among these."""
        return Recent(self.values)


def above(recent: Recent, value: float) -> tuple[Recent, float | None]:
    """The next state; and the largest of the last values if this one is far above it, else None.

    Example:
        >>> recent = Recent((1.0,) * 32)
        >>> above(recent, 5.0)[1], above(recent, 3.0)[1]
        (1.0, None)
    """
    largest = max(recent.values, default=0.0)
    if len(recent.values) < _FEWEST or value <= _ABOVE * largest:
        return _with(recent, value), None
    if recent.above + 1 == _MOST_IN_A_ROW:
        return Recent(), None
    return Recent(recent.values, recent.above + 1), largest


def seen(recent: Recent, update: Update) -> tuple[Recent, float | None, bool]:
    """The next state; the norm to scale the gradients down to, or None; whether they are finite.

    Example:
        >>> state = Recent((1.0,) * 32)
        >>> seen(state, Update(32, norm=5.0))[1:], seen(state, Update(32, norm=3.0))[1:]
        ((1.0, True), (None, True))
    """
    norm = update.norm
    if norm is None:
        return recent, None, True
    if not math.isfinite(norm):
        return recent, None, False
    if update.clips:
        return _with(recent, norm), None, True
    return *above(recent, norm), True


def _with(recent: Recent, value: float) -> Recent:
    return Recent((*recent.values, value)[-_WINDOW:])
