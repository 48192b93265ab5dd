"""Reports a run piece by piece: losses and readings wait on the device and are read together.

Path:   losses of the steps, `Readings` -> a piece of the run, some 64 steps at once -> the receiver of the run.
Units:  steps count from 0.
"""

from collections.abc import Callable

from ratecraft.records.watching.observed import ObservedRun
from ratecraft.records.watching.transfers import Transfers
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.observing.readings import Readings


class Pieces:
    """Tells what is new.

    Args:
        tell: Takes a piece of the run; it may be called for one that is made elsewhere.
        losses: Losses of the complete steps; emptied as they are told.
        readings: The same.
    """

    def __init__(self, tell: Callable[[ObservedRun], None], losses: Losses, readings: Readings) -> None:
        self.tell, self._losses, self._readings = tell, losses, readings
        self._first_unread, self._transfers = 0, Transfers()
        self.logs_losses = False
        """Whether the training tells its loss itself, which then stands for those that are heard."""

    def step_closed(self, complete: int) -> None:
        """`complete` steps are complete: report them if it is time to."""
        if self._transfers.are_due(complete - self._first_unread):
            self.flush()

    def flush(self) -> None:
        """Tell everything; waits for the device, once."""
        seen = [bool(losses) for losses in self._losses.unread]
        for step, (value, is_seen) in enumerate(zip(self._losses.read(), seen, strict=True), self._first_unread):
            if is_seen and not self.logs_losses:
                self._readings.note("loss", step, value)
        self._first_unread += len(seen)
        self._transfers.made()
        if not self._readings.is_empty:
            self.tell(self._readings.taken())
