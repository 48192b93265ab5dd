"""The step count of a run with one or several optimizers.

Path:   around every `Optimizer.step` -> which step this is.
Units:  a step is one round: a second step of the same optimizer, the step of a new one, or any step after a complete
        round opens the next. A GAN's pair counts once, phases with one optimizer after another count on.
"""

import sys
import weakref
from dataclasses import dataclass, field

from torch.optim import Optimizer

_FORGOTTEN = 16  # rounds without a step after which no round waits for an optimizer any more: its phase is over


@dataclass
class Clock:
    """Counts rounds.

    Attributes:
        step: Rounds begun.
        complete: Rounds that are complete.
        depth: How deep within nested `step` calls (a subclass that calls its parent's) the script is.
    """

    step: int = 0
    complete: int = 0
    depth: int = 0
    _last: "weakref.WeakKeyDictionary[Optimizer, int]" = field(default_factory=weakref.WeakKeyDictionary)

    @property
    def is_unused(self) -> bool:
        """Whether no optimizer has stepped."""
        return not self._last

    def opens(self, optimizer: Optimizer) -> bool:
        """Whether a step of this optimizer would open a new round."""
        is_new = self.step > 1 and not self.in_use(optimizer)  # in the first round every optimizer is
        return self.step == self.complete or is_new or self._last.get(optimizer) == self.step

    def tick(self, optimizer: Optimizer) -> bool:
        """Count a step of this optimizer; returns whether it opened a new round."""
        opened = self.opens(optimizer)
        if opened:
            self.step += 1
        self._last[optimizer] = self.step
        return opened

    @property
    def all_had_turn(self) -> bool:
        """Whether every optimizer in use has stepped in this round."""
        only_one = len(self._last) == 1  # asked at every step, and nearly always so
        return only_one or all(last == self.step or self._forgets(last) for last in self._last.values())

    def in_use(self, optimizer: Optimizer) -> bool:
        """Whether this optimizer has stepped recently."""
        return not self._forgets(self._last.get(optimizer, -_FORGOTTEN))

    def may_step(self, optimizer: Optimizer) -> bool:
        """Whether its phase is not over: this optimizer has stepped recently, or has not had its first turn yet."""
        return optimizer not in self._last or self.in_use(optimizer)

    def anew(self) -> "Clock":
        """A clock at step 0 for the same optimizers."""
        return Clock(
            _last=weakref.WeakKeyDictionary({optimizer: 0 for optimizer in self._last if self.in_use(optimizer)})
        )

    def _forgets(self, last: int) -> bool:
        return self.step - last >= _FORGOTTEN


def will_skip(optimizer: Optimizer) -> bool:
    """Whether a fused optimizer under a scaler skips this step within its kernel: its gradients are not finite."""
    found = getattr(optimizer, "found_inf", None)
    return found is not None and bool(found.item())


def steps_around() -> int:
    """How many calls of `Optimizer.step` this one is within, of at most two."""
    count, frame = 0, sys._getframe().f_back  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None and count < 2:
        count += frame.f_code.co_qualname == "Optimizer.profile_hook_step.<locals>.wrapper"
        frame = frame.f_back
    return count
