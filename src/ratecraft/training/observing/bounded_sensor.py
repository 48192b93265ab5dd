"""The sensor of a watch: what it raises ends the watch, and never the training.

Path:   hooks of a `Sensor` -> within an `ErrorBoundary` -> the fact `watch_ended`, with all that was read until then.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from torch.optim import Optimizer

from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.guarding import Policy
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.observing.agreeing import Agreeing
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.sensor import Sensor


class BoundedSensor(Sensor):
    """A sensor within a boundary. Every hook is one of those below.

    Args:
        boundary: The boundary whose error handler calls `give_up`.
        tell, every, policy, holds, agreeing: As for `Sensor`.
    """

    def __init__(
        self,
        boundary: ErrorBoundary,
        tell: Callable[[ObservedRun], None],
        every: int = 10,
        policy: Policy | None = None,
        *,
        holds: bool = False,
        agreeing: Agreeing | None = None,
    ) -> None:
        self._boundary, self._agreeing = boundary, agreeing
        super().__init__(tell, every, policy, holds=holds, agreeing=agreeing, boundary=boundary)

    def give_up(self, reason: str) -> None:
        """End the watch at any point: restore the training's own gradients and rates, and report what was read.

        Args:
            reason: Why, in one line.
        """
        for act in (*(() if self.guard is None else (self.guard.after,)), self._close_round):
            with suppress(Exception):  # follows from the error that ended the watch, which `reason` tells
                act()
        if self._agreeing is not None and self._agreeing.is_due:
            self._agreeing.leave()
        self.know(WATCH_ENDED, reason)
        with suppress(Exception):  # values on a device that failed cannot be read
            self._pieces.flush()
        if WATCH_ENDED in self._readings.facts:  # what was read cannot be told
            with suppress(Exception):  # where not even that can be told, the training goes on all the same
                self._pieces.tell(ObservedRun({}, "step", {WATCH_ENDED: reason}, "live"))

    def look_at(self, model: torch.nn.Module) -> None:
        """As `Sensor`."""
        self._boundary.call(super().look_at, model)

    def log(self, name: str, value: float | torch.Tensor) -> None:
        """As `Sensor`."""
        self._boundary.call(super().log, name, value)

    def close(self) -> None:
        """As `Sensor`; also once the watch is over, all hooks are taken away."""
        while self._endings:
            self._boundary.finish(self._endings.pop())
        self._boundary.finish(self._reader.close)
        self._boundary.call(super().close)
        if self.guard is not None:
            self.guard.close()
        if self._agreeing is not None and self._agreeing.depart is not None:
            self._agreeing.leave()

    def backward(self, tensors: Any) -> None:
        """As `Sensor`."""
        self._boundary.call(super().backward, tensors)

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """As `Sensor`."""
        self._boundary.call(super().scaled, loss, result)

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """As `Sensor`."""
        self._boundary.call(super().scaler_stepped, optimizer)

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        """As `Sensor`."""
        self._boundary.call(super().clipped, limit, norm)

    def _before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return None
        if self._agreeing is not None:
            if self._boundary.is_over and not self._agreeing.is_off:
                self._agreeing.leave()  # here the other ranks wait for it
            self._agreeing.is_due = True
        return self._boundary.call(super()._before, optimizer, args, kwargs)

    def _ready(self, optimizer: Optimizer) -> None:
        self._boundary.call(super()._ready, optimizer)

    def _after(self, optimizer: Optimizer, *given: Any) -> None:
        if torch.compiler.is_compiling():
            return
        if self._agreeing is not None:
            self._agreeing.is_due = False
        self._boundary.call(super()._after, optimizer, *given)
