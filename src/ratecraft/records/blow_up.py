"""When a run has blown up: the one rule, for every run and every report.

Path:   training losses, one at a time -> has it blown up?
Source: docs/reference/studies.md, "Blown up": a non-finite loss, or the mean of 8 losses above L0 + 10·max(|L0|, noise
        sd). L0 is the loss of step 0, before any update; the noise is that of the first 8 losses, from their
        differences: a trend adds none.
"""

import math
import statistics
from dataclasses import dataclass, replace
from itertools import pairwise

_WINDOW = 8
_FACTOR = 10.0
_MOST_UNREAD = 64  # steps between two looks at the losses, each of which waits for the device


@dataclass(frozen=True, slots=True)
class BlowUp:
    """What the rule remembers of the losses so far; `add` gives the next state.

    Example:
        >>> state = BlowUp()
        >>> for loss in [1.0, 0.9, float("nan")]:
        ...     state = state.add(loss)
        >>> state.happened
        True
    """

    count: int = 0
    recent: tuple[float, ...] = ()
    limit: float = math.inf
    happened: bool = False

    @property
    def is_high(self) -> bool:
        """Whether the last loss alone is above the limit that the mean of 8 is held to."""
        return bool(self.recent) and not self.recent[-1] <= self.limit

    def add(self, loss: float) -> "BlowUp":
        """The state after one more training loss. Once blown up, it stays so."""
        if self.happened:
            return self
        recent = (*self.recent[-_WINDOW + 1 :], loss)
        if not math.isfinite(loss):
            return replace(self, count=self.count + 1, recent=recent, happened=True)
        limit = self.limit
        if self.count + 1 == _WINDOW:
            limit = recent[0] + _FACTOR * max(abs(recent[0]), _noise(recent))
        happened = len(recent) == _WINDOW and statistics.fmean(recent) > limit
        return BlowUp(self.count + 1, recent, limit, happened)


def _noise(losses: tuple[float, ...]) -> float:
    """Standard deviation of the noise by the median difference of neighbours (MAD of a normal, over √2)."""
    differences = [abs(b - a) for a, b in pairwise(losses)]
    return 1.4826 * statistics.median(differences) / math.sqrt(2)


def look_every(step: int) -> int:
    """Steps between two looks: 1, 2, 4 … 64, at most a quarter of the run so far, for one that blows up early.

    Example:
        >>> [step for step in range(1, 65) if step % look_every(step) == 0]
        [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64]
    """
    return 1 << max(0, min(step // 4, _MOST_UNREAD).bit_length() - 1)
