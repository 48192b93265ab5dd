"""The figures that a hosted script tells: read off its lines, and the last and the best of each kept.

Path:   printed lines, `ratecraft.log` -> named figures -> the supervisor, and the score of a run to its own end.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from ratecraft.records.figures import Table, read_line
from ratecraft.records.job import Evaluate

__all__ = ["Figures"]


@dataclass
class Figures:
    """What was told so far.

    Attributes:
        wanted: Name of a figure that the user asked for, beside those that are known by their names.
        best_by: How the best state of a run to its own end is told; None keeps none.
    """

    wanted: str = ""
    best_by: Evaluate | None = None
    _table: Table = field(default_factory=Table)
    _last: dict[str, float] = field(default_factory=dict[str, float])
    _last_in_bar: dict[str, float] = field(default_factory=dict[str, float])
    _best: float | None = None

    def read(self, line: str) -> Iterator[tuple[str, float, str]]:
        """Name, value and source of every figure of a printed line."""
        self._table, figures = read_line(self._table, line, self.wanted)
        for name, value, from_bar in figures:
            yield name, value, "bar" if from_bar else "printed"

    def keep(self, name: str, value: float, source: str) -> bool:
        """Remember a figure; whether it is the best so far of those that tell the best state."""
        if source == "bar":
            self._last_in_bar[name] = value
            return False
        self._last[name] = value
        if self.best_by is None or name != self.best_by.metric or not math.isfinite(value):
            return False
        sign = 1 if self.best_by.direction == "min" else -1
        if self._best is not None and sign * value >= sign * self._best:
            return False
        self._best = value
        return True

    def last(self, name: str) -> float | None:
        """The last figure of a name; from a progress bar only where it stood nowhere else."""
        return self._last.get(name, self._last_in_bar.get(name))
