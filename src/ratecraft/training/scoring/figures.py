"""Reads figures from the lines of a hosted script, and keeps the last and the best of each.

Path:   printed lines, `ratecraft.log`, metrics of a framework -> named figures -> the supervisor, and the score of a
        run to its own end.

A figure that is told in full precision, logged, by a framework or a tracker, makes the printed ones of its name
superfluous; one that is printed after an evaluation those of its name that were printed while the script trained.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ratecraft.laws.losses.overfitting import overfits_after
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.printed.figures import is_usual, name_as_figure
from ratecraft.records.printed.tables import PrintedHeader, read_line

_EXACT = 2
_TRACKERS = ("tensorboard", "wandb", "mlflow", "swanlab")
_READ_OFF = ("bar", "printed", "evaluated")


@dataclass
class Figures:
    """The figures reported so far.

    Attributes:
        wanted: Name of a figure that the user asked for, besides those known by their names.
        best_by: How the best state of a run to its own end is recognized; None keeps none.
        rule: Decides whether the run over-fits.
        turned: Whether the run over-fits.
        tell: Called with every line and the source of its figures, empty for a printed line.
    """

    wanted: str = ""
    best_by: Evaluate | None = None
    rule: StopRule = StopRule()
    turned: bool = False
    tell: Callable[[str, str], object] = lambda line, source: None
    _table: PrintedHeader = field(default_factory=PrintedHeader)
    _last: dict[str, float] = field(default_factory=dict[str, float])
    _last_in_bar: dict[str, float] = field(default_factory=dict[str, float])
    _all: dict[str, list[tuple[int, float]]] = field(default_factory=dict[str, list[tuple[int, float]]])
    _best: float | None = None
    _best_way: dict[str, int] = field(default_factory=dict[str, int])
    _told_by: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, line: str, *, evaluated: bool = False) -> Iterator[tuple[str, float, str]]:
        """Name, value and source of every figure of a printed line; `evaluated` as for `figures_in`."""
        self.tell(line, "evaluated" if evaluated else "")
        self._table, figures = read_line(self._table, line, self.wanted, evaluated=evaluated)
        for name, value, from_bar in figures:
            yield name, value, "bar" if from_bar else "evaluated" if evaluated and not is_usual(name) else "printed"

    def among(
        self, metrics: Mapping[str, object], source: str = "", *, evaluated: bool = False
    ) -> Iterator[tuple[str, float]]:
        """Name and value of the metrics that would count as figures if they were printed; values are not rounded."""
        for name, value in metrics.items():
            as_figure = name_as_figure(str(name), self.wanted, evaluated=evaluated)
            if not (as_figure or evaluated) and source in _TRACKERS:  # logged at every step: not even looked at
                continue
            item: Callable[[], Any] | None = getattr(value, "item", None)  # `float` takes no array, even of one number
            try:
                number = float(item() if item else value)  # pyright: ignore[reportArgumentType]
            except (TypeError, ValueError, RuntimeError):  # a text, a tensor of several numbers
                continue
            self.tell(f"{name}: {number!r}", source)
            if as_figure:
                yield as_figure, number

    def is_superfluous(self, name: str, source: str) -> bool:
        """Whether a figure of this name was reported in a better way, or in full precision by another source."""
        way, best = _way(source), self._best_way.get(name, 0)
        if way == _EXACT and self._told_by.setdefault(name, source) != source:
            return True
        if way > best:
            self._best_way[name] = way
            if best == 0 and way == 1:  # what the training said under this name is not an evaluation's
                self._all.pop(name, None)
                self._last.pop(name, None)
                self._best = None if self.best_by and name == self.best_by.metric else self._best
        return way < best

    def told(self, name: str) -> bool:
        """Whether a figure of this name was reported in any way; for an empty name, whether any figure was."""
        return self.last(name) is not None if name else bool(self._last or self._last_in_bar)

    def keep(self, name: str, value: float, source: str, step: int = 0) -> bool:
        """Store the figure of a step; returns whether it is the best so far of those that decide the best state."""
        if source == "bar":
            self._last_in_bar[name] = value
            return False
        self._last[name] = value
        self._all.setdefault(name, []).append((step, value))
        if self.best_by is None or name != self.best_by.metric or not math.isfinite(value):
            return False
        sign = 1 if self.best_by.direction == "min" else -1
        if self.rule.turned_over and step > self.rule.turned_after:
            self.turned = overfits_after([(at, sign * number) for at, number in self._all[name]], self.rule) is not None
        if self._best is not None and sign * value >= sign * self._best:
            return False
        self._best = value
        return True

    def last(self, name: str) -> float | None:
        """The last figure of a name; one from a progress bar only if there is no other."""
        return self._last.get(name, self._last_in_bar.get(name))


def _way(source: str) -> int:
    """How good a way to tell a figure is: any line, one after an evaluation, full precision, the user's own word."""
    if source in _READ_OFF:
        return int(source == "evaluated")
    return _EXACT + 1 if source == "logged" else _EXACT


def is_read_off(source: str) -> bool:
    """Whether a figure was read from a line, where it may be rounded."""
    return source in _READ_OFF
