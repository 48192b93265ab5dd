"""Rows: what the lines, records or entries of a log say, before anything is known of their run.

Path:   a reader of one format -> rows -> `gathering` -> runs.
Units:  `step` is a step of the run or of its epoch, whichever the log counts; `gathering` finds out.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ratecraft.records.watching.observed import Fact

_NOTHING: Mapping[str, Fact] = {}


class Row(NamedTuple):
    """One entry of a log.

    Attributes:
        figures: Name as printed, and value.
        step: Optimizer step, of the run or within the epoch; None if the entry names none.
        of_steps: What `step` is counted to (`50/1251` is step 50 of 1251).
        epoch: Epoch; fractions happen (`0.25`).
        bar: `step` is that of a progress bar, whose counter starts again each epoch and says nothing of validation.
        facts: What else it says: normal name and value.
    """

    figures: tuple[tuple[str, float], ...] = ()
    step: int | None = None
    of_steps: int | None = None
    epoch: float | None = None
    bar: bool = False
    facts: Mapping[str, Fact] = _NOTHING


class RowBlock(NamedTuple):
    """Entries in a row that differ in nothing but their numbers.

    Attributes:
        names: Names of the figures, as printed.
        columns: Values of each.
        steps: Step of each entry; all have one.
        of_steps: As in `Row`, for all of them.
        epoch: As in `Row`, for all of them.
        bar: As in `Row`.
    """

    names: tuple[str, ...]
    columns: Sequence[Sequence[float]]
    steps: Sequence[int]
    of_steps: int | None = None
    epoch: float | None = None
    bar: bool = False

    def row(self, place: int) -> Row:
        """The row at this index."""
        figures = tuple((name, column[place]) for name, column in zip(self.names, self.columns, strict=True))
        return Row(figures, self.steps[place], self.of_steps, self.epoch, self.bar)
