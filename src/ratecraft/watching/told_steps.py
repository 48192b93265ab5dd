"""Takes what a training loop reports, step by step, if there is no torch optimizer to observe.

Path:   a loop of JAX or Keras: `log(loss=…, rate=…)` -> pieces of the run -> `Watcher`.
Units:  each reported loss is a step, from 0; what is reported between two losses belongs to the step under way.

A loss may still be being computed on a device: such values are read together, 64 steps at a time.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.observed import Fact, ObservedRun, observed_series
from ratecraft.records.watching.transfers import Transfers
from ratecraft.schedules.lengths import shown


class ToldSteps:
    """The steps that a loop reports.

    Args:
        tell: Takes pieces of the run.
        within: Calls the watch's own code, so that its errors do not reach the training.

    Attributes:
        guard: Always None, since a training that only reports cannot be changed.

    Example:
        >>> pieces = []
        >>> steps = ToldSteps(pieces.append, lambda act, *given: act(*given))
        >>> steps.log("rate", 0.1)
        >>> steps.log("loss", 2.5)
        >>> steps.close()
        >>> {name: (series.steps.tolist(), series.values.tolist()) for name, series in pieces[0].series.items()}
        {'rate': ([0], [0.1]), 'loss': ([0], [2.5])}
    """

    guard: Final = None

    def __init__(self, tell: Callable[[ObservedRun], None], within: Callable[..., Any]) -> None:
        self._tell, self._within = tell, within
        self._steps, self._unread, self._transfers = 0, 0, Transfers()
        self._values = dict[str, list[tuple[int, Any]]]()
        self._facts = dict[str, Fact]()

    def log(self, name: str, value: Any) -> None:
        """Take a figure (`told_figure`) by its normal name; a loss ends its step."""
        self._values.setdefault(name, []).append((self._steps, value))
        if name == "loss":
            self._steps += 1
            self._unread += 1
            if self._transfers.are_due(self._unread):
                self._within(self._flush)

    def know(self, name: str, value: Fact) -> None:
        """A fact about the run."""
        self._facts[name] = value

    def close(self) -> None:
        """Pass on the rest."""
        self._within(self._flush)

    def give_up(self, reason: str) -> None:
        """End the watch; what was reported until now is passed on, as far as it can be read.

        Args:
            reason: Why, in one line.
        """
        self.know(WATCH_ENDED, reason)
        with suppress(Exception):  # after the error that `reason` tells, values may not be readable
            self._flush()

    def _flush(self) -> None:
        values, facts = self._values, self._facts
        self._values, self._facts, self._unread = {}, {}, 0
        self._transfers.made()
        if values or facts:
            series = {
                name: observed_series(name, [step for step, _ in points], [float(value) for _, value in points])
                for name, points in values.items()
            }
            self._tell(ObservedRun(series, "step", facts, "live"))


def told_figure(name: str, value: Any) -> Any:
    """A number, or an array of one element, as given. Only an array's size is read, so no device is waited for.

    Raises:
        InvalidInput: It is not a single number (`log-value`).

    Example:
        >>> told_figure("loss", 2.5)
        2.5
    """
    size: Any = getattr(value, "size", None)  # a number in NumPy and JAX, a method in torch
    elements = getattr(value, "numel", lambda: size)()
    if isinstance(value, int | float) or (hasattr(value, "__float__") and elements == 1):
        return value
    raise InvalidInput("log-value", name=name, given=shown(value), type=type(value).__name__)
