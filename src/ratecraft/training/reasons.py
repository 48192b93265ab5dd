"""Why a script cannot be tuned, or only in part, told as soon as it is sure and not after a whole run.

Path:   what the host sees of backward passes, optimizers, lengths and checkpoints -> a `Failure` that ends the run, a
        note, or nothing.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

import torch

from ratecraft.records.outcome import Failure
from ratecraft.training.by_hand import ByHand
from ratecraft.training.horizon import Horizon, begins_around
from ratecraft.training.only_loops import trains_only_here
from ratecraft.training.rates import Rates
from ratecraft.training.resuming import Resuming
from ratecraft.training.telling import at_home
from ratecraft.training.wire import Start

__all__ = ["Reasons"]


class Reasons:
    """What speaks against a run, by what is known of it so far.

    Args:
        start: How it is run.
        rates: Of its optimizers.
        horizon: What is known of its length.
        note: Tells the user something.
    """

    def __init__(self, start: Start, rates: Rates, horizon: Horizon, note: Callable[..., None]) -> None:
        self._rates, self._horizon, self._least, self._note = rates, horizon, start.least, note
        self._by_hand = ByHand()
        self.resuming = Resuming(lambda path: at_home(path, start), Path(at_home(start.directory, start)))

    def backward(self, losses: Iterable[torch.Tensor]) -> Failure | None:
        """A backward pass begins before the first step of an optimizer."""
        return Failure("by-hand", str(self._by_hand.changes)) if self._by_hand.is_sure(losses) else None

    def step(self, number: int, frame: FrameType) -> Failure | None:
        """The first step begins, or the second, by which all has been told of the length that will be."""
        if number == 1:
            resumed = self.resuming.at_first_step(begins_around(frame, self._horizon.is_users))
            if resumed is not None:
                self._note(resumed.note, file=resumed.file, count=resumed.count, hide=resumed.hide)
            return None
        most, least = self._horizon.most, self._least
        if not most or most >= least:
            return None
        sure = trains_only_here(frame, self._horizon.is_users, framework=bool(self._horizon.framework))
        return Failure("too-short", str(most), str(least)) if sure else None

    def without_a_step(self) -> Failure:
        """The script ended by itself and had made no step."""
        resumed = self.resuming.without_a_step()
        if resumed is not None and resumed.file:
            kind = f"nothing-left-{resumed.unit}" if resumed.unit else "nothing-left"
            return Failure(kind, resumed.file, str(resumed.count), detail=resumed.hide)
        return Failure("no-steps" if self._rates.has_optimizer else "no-optimizer")
