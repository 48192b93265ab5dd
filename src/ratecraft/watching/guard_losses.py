"""Whether a run is well, is lost, or neither can be said: from its training losses alone.

Path:   the loss before each update -> verdict; pure. Part of `guard`.
Source: *blown up* is the one rule of every run (`records.blow_up`), except that single non-finite losses are the
        gradients' business: the update is left out; and that of two neighbours the smaller counts, since a single high
        loss tells of its batch and not of the weights. Beside it stand a level that was lost and does not come back,
        and a burst at the beginning after which nothing was learned (docs/reference/findings.md, L02). They measure in
        what the run had gained, and in its own noise, so that restarts, cycles and spikes pass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Literal, TypeAlias

from ratecraft.records.blow_up import BlowUp
from ratecraft.records.watching.guarding import Update

__all__ = ["Losses", "Verdict", "held"]

Verdict: TypeAlias = Literal["well", "lost", ""]

_BLOCK = 32
_RECENT = 8  # as many as `BlowUp` looks at
_NOISES = 6.0  # sds of one loss, which a median of 32 hardly ever moves by
_BAD_BLOCKS = 2  # in a row: a spike is over by then
_BLOCKS_TO_LEARN = 4  # after a burst
_MOST_NO_NUMBER = 8  # in a row; the same as the window of `BlowUp`
_COPY_AFTER = 64  # steps
_COPY_RARER = 8  # later, after an eighth of the steps so far,
_COPY_LATEST = 1000  # but after so many


@dataclass(frozen=True, slots=True)
class Losses:
    """The state kept about the losses.

    Attributes:
        blow_up: The one rule.
        recent: The last 8 losses.
        block: Losses since the last block of them was complete.
        first: The loss of the first step, before any update.
        burst: The highest mean of 8 losses without the highest of them.
        blocks: How many are complete since the start, or since the run went back.
        level: The last block's.
        best: The lowest level of a block.
        noise: Standard deviation of one loss about that.
        bad: Blocks in a row whose level was lost.
        no_number: Losses in a row that are not numbers.
        is_back: The run went back because of such a row, and no loss has been a number since: it is the data.
        due: Step from which on the next copy is made.
    """

    blow_up: BlowUp = BlowUp()
    recent: tuple[float, ...] = ()
    block: tuple[float, ...] = ()
    first: float | None = None
    burst: float = -math.inf
    blocks: int = 0
    level: float = math.inf
    best: float = math.inf
    noise: float = 0.0
    bad: int = 0
    no_number: int = 0
    is_back: bool = False
    due: int = _COPY_AFTER

    def after_going_back(self) -> "Losses":
        """The next losses are those of an earlier state."""
        blow_up = replace(self.blow_up, recent=(), happened=False)
        return replace(
            self,
            blow_up=blow_up,
            recent=(),
            block=(),
            burst=-math.inf,
            blocks=0,
            bad=0,
            no_number=0,
            is_back=self.no_number > 0,
        )


def held(losses: Losses, update: Update) -> tuple[Losses, Verdict]:
    """The next state, and what is to be said of the run before this update."""
    if update.broken:
        return losses, "lost"
    if update.loss is None:
        return losses, ""
    if not math.isfinite(update.loss):
        after = replace(losses, no_number=losses.no_number + 1)
        return after, "lost" if after.no_number == _MOST_NO_NUMBER and not losses.is_back else ""
    recent = (*losses.recent, update.loss)[-_RECENT:]
    blow_up = losses.blow_up.add(min(recent[-2:]))
    after = replace(
        losses,
        blow_up=blow_up,
        recent=recent,
        block=(*losses.block, update.loss),
        first=update.loss if losses.first is None else losses.first,
        burst=max(losses.burst, _without_highest(recent)) if len(recent) == _RECENT else losses.burst,
        no_number=0,
        is_back=False,
    )
    if blow_up.happened:
        return after, "lost"
    return _level(after, update.step) if len(after.block) == _BLOCK else (after, "")


def _level(losses: Losses, step: int) -> tuple[Losses, Verdict]:
    """A block is complete."""
    level, noise = median(losses.block), _noise(losses.block)
    losses = replace(losses, block=(), blocks=losses.blocks + 1, level=level)
    if _is_lost(losses) or _learned_nothing(losses, noise):
        losses = replace(losses, bad=losses.bad + 1)
        return losses, "lost" if losses.bad >= _BAD_BLOCKS else ""
    if level < losses.best:
        losses = replace(losses, best=level, noise=noise)
    losses = replace(losses, bad=0)
    if step < losses.due or not _gained(losses) > 0:
        return losses, ""
    return replace(losses, due=step + min(max(step // _COPY_RARER, _COPY_AFTER), _COPY_LATEST)), "well"


def _without_highest(values: Sequence[float]) -> float:
    return fmean(sorted(values)[:-1])


def _gained(losses: Losses) -> float:
    return (math.inf if losses.first is None else losses.first) - losses.best


def _is_lost(losses: Losses) -> bool:
    """Whether half of what was gained is gone, which is much more than noise."""
    gained = _gained(losses)
    return gained > _NOISES * losses.noise and losses.level > losses.best + max(gained / 2, _NOISES * losses.noise)


def _learned_nothing(losses: Losses, noise: float) -> bool:
    """Whether the loss was half as high again as at first, and long after that is no lower than at first."""
    if losses.first is None or losses.blocks < _BLOCKS_TO_LEARN:
        return False
    burst = losses.burst > losses.first + max(abs(losses.first) / 2, _NOISES * noise)
    return burst and losses.level > losses.first - noise


def _noise(values: Sequence[float]) -> float:
    """Standard deviation of the noise by the median difference of neighbours (MAD of a normal, over √2)."""
    return 1.4826 * median(abs(b - a) for a, b in pairwise(values)) / math.sqrt(2)
