"""Whether a run is healthy, lost, or neither is certain, judged by its training losses alone.

Path:   the loss before each update -> verdict. Pure; part of `guard`.
Source: *blown up* follows the rule of every run (`records.blow_up`), with two exceptions: a single non-finite loss is
        left to the gradients' rule, which skips the update; and of two neighbouring losses the smaller one counts,
        since a single high loss is due to its batch and not to the weights. Two more signs of a lost run are a level
        that was lost and does not come back, and a burst at the beginning after which nothing was learned
        (docs/reference/findings.md, L02). Both are measured in units of what the run had gained and of its own noise,
        so that restarts, cycles and spikes pass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Literal, TypeAlias

from ratecraft.records.blow_up import BlowUp
from ratecraft.records.watching.guarding import Update

Verdict: TypeAlias = Literal["well", "lost", ""]

_BLOCK = 32
_RECENT = 8  # as many as `BlowUp` looks at
_NOISES = 6.0  # sds of one loss; a median of 32 hardly ever moves that far
_BAD_BLOCKS = 2  # in a row: by then a spike is over
_BLOCKS_TO_LEARN = 4  # after a burst
_MOST_NO_NUMBER = 8  # in a row; the same as the window of `BlowUp`
_COPY_AFTER = 64  # steps
_COPY_RARER = 8  # later, after an eighth of the steps so far,
_COPY_LATEST = 1000  # but not before this many


@dataclass(frozen=True, slots=True)
class Losses:
    """The state kept about the losses.

    Attributes:
        blow_up: State of the general rule.
        recent: The last 8 losses.
        block: Losses since the last complete block.
        first: Loss of the first step, before any update.
        burst: The highest mean of 8 losses, the highest of them left out.
        blocks: Complete blocks since the start or the last roll-back.
        level: Level of the last block.
        best: The lowest level of a block.
        noise: Standard deviation of one loss about its level.
        bad: Number of blocks in a row whose level was lost.
        no_number: Number of losses in a row that are not finite.
        is_back: The run was rolled back because of such a row and no loss has been finite since, so the data are to
            blame.
        due: Step from which the next copy may be made.
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
        """The state after a roll-back: the next losses start from an earlier state."""
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
    """The next state, and the verdict on the run before this update."""
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
        burst=max(losses.burst, fmean(sorted(recent)[:-1])) if len(recent) == _RECENT else losses.burst,
        no_number=0,
        is_back=False,
    )
    if blow_up.happened:
        return after, "lost"
    return _level(after, update.step) if len(after.block) == _BLOCK else (after, "")


def _level(losses: Losses, step: int) -> tuple[Losses, Verdict]:
    """The state after a block is complete."""
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


def _gained(losses: Losses) -> float:
    return (math.inf if losses.first is None else losses.first) - losses.best


def _is_lost(losses: Losses) -> bool:
    """Whether half of what was gained is lost, by much more than the noise."""
    gained = _gained(losses)
    return gained > _NOISES * losses.noise and losses.level > losses.best + max(gained / 2, _NOISES * losses.noise)


def _learned_nothing(losses: Losses, noise: float) -> bool:
    """Whether the loss rose to one and a half times its first value and, long after that, is still not below it."""
    if losses.first is None or losses.blocks < _BLOCKS_TO_LEARN:
        return False
    burst = losses.burst > losses.first + max(abs(losses.first) / 2, _NOISES * noise)
    return burst and losses.level > losses.first - noise


def _noise(values: Sequence[float]) -> float:
    """Noise sd from the median difference of neighbours (MAD of a normal distribution, over √2)."""
    return 1.4826 * median(abs(b - a) for a, b in pairwise(values)) / math.sqrt(2)
