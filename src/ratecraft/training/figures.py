"""The figures that a hosted script tells: read off its lines, and the last and the best of each kept.

Path:   printed lines, `ratecraft.log`, metrics of a framework -> named figures -> the supervisor, and the score of a
        run to its own end.

A figure that is told in full precision, logged or by a framework, makes the printed ones of its name superfluous.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ratecraft.laws.turning import good_until
from ratecraft.records.figures import Table, figures_in, read_line
from ratecraft.records.job import Evaluate, StopRule

__all__ = ["Figures", "is_read_off"]

_READ_OFF = ("printed", "bar")


@dataclass
class Figures:
    """What was told so far.

    Attributes:
        wanted: Name of a figure that the user asked for, beside those that are known by their names.
        best_by: How the best state of a run to its own end is told; None keeps none.
        rule: Says when such a run has turned.
        turned: It has.
        tell: Hears every line and who measured what it says, empty for a printed one.
    """

    wanted: str = ""
    best_by: Evaluate | None = None
    rule: StopRule = StopRule()
    turned: bool = False
    tell: Callable[[str, str], object] = lambda line, source: None
    _table: Table = field(default_factory=Table)
    _last: dict[str, float] = field(default_factory=dict[str, float])
    _last_in_bar: dict[str, float] = field(default_factory=dict[str, float])
    _all: dict[str, list[tuple[int, float]]] = field(default_factory=dict[str, list[tuple[int, float]]])
    _best: float | None = None
    _exact: set[str] = field(default_factory=set[str])

    def read(self, line: str) -> Iterator[tuple[str, float, str]]:
        """Name, value and source of every figure of a printed line."""
        self.tell(line, "")
        self._table, figures = read_line(self._table, line, self.wanted)
        for name, value, from_bar in figures:
            yield name, value, "bar" if from_bar else "printed"

    def among(self, metrics: Mapping[str, object], source: str = "") -> Iterator[tuple[str, float]]:
        """Name and value of those metrics that would be figures if they were printed; they are taken unrounded."""
        for name, value in metrics.items():
            try:
                number = float(value)  # pyright: ignore[reportArgumentType]
            except (TypeError, ValueError, RuntimeError):  # a text, a tensor of several numbers
                continue
            self.tell(f"{name}: {number!r}", source)
            for figure in figures_in(f"{name}: {number!r}", self.wanted):
                yield figure.name, figure.value

    def is_superfluous(self, name: str, source: str) -> bool:
        """Whether a figure of this name is told in full precision, and this one is read off a line."""
        if not is_read_off(source):
            self._exact.add(name)
        return is_read_off(source) and name in self._exact

    def told(self, name: str) -> bool:
        """Whether a figure of this name was told by any way; of an empty one, whether any figure was."""
        return self.last(name) is not None if name else bool(self._last or self._last_in_bar)

    def keep(self, name: str, value: float, source: str, step: int = 0) -> bool:
        """Remember a figure of a step; whether it is the best so far of those that tell the best state."""
        if source == "bar":
            self._last_in_bar[name] = value
            return False
        self._last[name] = value
        self._all.setdefault(name, []).append((step, value))
        if self.best_by is None or name != self.best_by.metric or not math.isfinite(value):
            return False
        sign = 1 if self.best_by.direction == "min" else -1
        if self.rule.turned_over and step > self.rule.turned_after:
            self.turned = good_until([(at, sign * each) for at, each in self._all[name]], self.rule) is not None
        if self._best is not None and sign * value >= sign * self._best:
            return False
        self._best = value
        return True

    def last(self, name: str) -> float | None:
        """The last figure of a name; from a progress bar only where it stood nowhere else."""
        return self._last.get(name, self._last_in_bar.get(name))


def is_read_off(source: str) -> bool:
    """Whether a figure was read off a line, where it may be rounded."""
    return source in _READ_OFF
