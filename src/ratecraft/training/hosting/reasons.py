"""Why a script cannot be tuned, or only in part; reported as soon as it is certain.

Path:   what the host sees of backward passes, optimizers, lengths and checkpoints -> a `Failure` that ends the run, a
        note, or nothing.
"""

import linecache
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch.optim import Optimizer

from ratecraft.records.outcome import Failure
from ratecraft.training.hosting.loss_monitor import LossMonitor
from ratecraft.training.hosting.run_facts import at_home
from ratecraft.training.instrument.by_hand import ByHand
from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.processes.wire import Start
from ratecraft.training.scripts.libraries import frame_outside
from ratecraft.training.suitability.horizon import Horizon, begins_around
from ratecraft.training.suitability.only_loops import trains_only_here
from ratecraft.training.suitability.opponents import Opponents
from ratecraft.training.suitability.resuming import Resuming


class Reasons:
    """Why a run cannot be tuned, judged by what is known so far.

    Args:
        start: How it is run.
        rates: Rates of its optimizers.
        horizon: What is known about its length.
        monitor: Keeps its losses.
        note: Tells the user something.

    Attributes:
        opponents: Follows the losses that its optimizers learn from.
        resuming: Follows the checkpoints that it reads.
    """

    def __init__(
        self, start: Start, rates: Rates, horizon: Horizon, monitor: LossMonitor, note: Callable[..., None]
    ) -> None:
        self._start, self._rates, self._horizon, self._monitor, self._note = start, rates, horizon, monitor, note
        self._by_hand, self.opponents = ByHand(), Opponents(rates)
        self.resuming = Resuming(lambda path: at_home(path, start), Path(at_home(start.directory, start)))

    def backward(self, losses: Sequence[torch.Tensor], *, begun: bool) -> Failure | None:
        """A backward pass begins; `begun`: not before the first step of an optimizer."""
        if self.opponents.looks:
            self.opponents.backward(losses, self._place())
        sure = not begun and self._by_hand.is_sure(losses)
        return Failure("by-hand", str(self._by_hand.changes)) if sure else None

    def turn(self, optimizer: Optimizer) -> Failure | None:
        """An optimizer is about to step."""
        if not self.opponents.looks or not self.opponents.turn(optimizer):
            return None
        told = "; ".join(self.opponents.found)
        if self._start.one_loss:
            return Failure("opponents", told)
        self._note("opponents", losses=told, metric=self._start.metric)
        self._monitor.losses.rule.opposed = True
        return None

    def step(self, number: int, loaders: Loaders) -> Failure | None:
        """The first step begins, or the second, by which all has been told of the length that will be."""
        frame = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._horizon.look(number, loaders.batches, loaders.epoch(), frame)  # between the two lies one step
        if number == 1:
            resumed = self.resuming.at_first_step(begins_around(frame, self._horizon.is_users))
            if resumed is not None:
                self._note(resumed.note, file=resumed.file, count=resumed.count, hide=resumed.hide)
            return None
        most, least = self._horizon.most, self._start.least
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

    def _place(self) -> str:
        """The line of the user's code that is under way; empty where none is."""
        frame = frame_outside(lambda file: not self._horizon.is_users(file))
        if frame is None:
            return ""
        file, line = frame.f_code.co_filename, frame.f_lineno
        home = at_home(file, self._start).removeprefix(os.path.join(self._start.home, ""))  # noqa: PTH118
        return f"`{linecache.getline(file, line).strip()}` ({home}:{line})"
