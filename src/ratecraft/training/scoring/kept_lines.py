"""Keeps the lines that a baseline printed, so that another figure can be looked up in them later.

Path:   the lines of a baseline, the metrics of its framework -> a file of the study -> the figures of another name.
Units:  steps are optimizer steps; one line of JSON is (step, line, who measured it, `evaluated` after an evaluation, or
        nothing, epoch over).

What is found in them is what the same run would have told, had it been asked.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from ratecraft.records.outcome import Figure
from ratecraft.training.processes.wire import Line
from ratecraft.training.scoring.figures import Figures

MOST_BYTES = 4 << 20
"""Largest size of the file. If a baseline prints more, nothing is kept: some lines would give only some figures."""


class KeptLines:
    """A file of lines being written; it appears when `close` is called.

    Args:
        path: Where the file will be.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(".part")
        self._file = self._part.open("w", encoding="utf-8")
        self._left = MOST_BYTES

    def add(self, line: Line) -> None:
        """One more line."""
        text = json.dumps([line.step, line.text, line.source, line.epoch_end], ensure_ascii=False) + "\n"
        self._left -= len(text.encode())
        if self._left >= 0:
            self._file.write(text)

    def close(self) -> None:
        """Close the file of lines; safe to call twice."""
        if self._file.closed:
            return
        self._file.close()
        if self._left >= 0:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


def figures_kept(path: Path, wanted: str) -> tuple[Figure, ...] | None:
    """The figures of a name in a file of lines; None if there is no such file.

    Args:
        path: The file.
        wanted: The normal name.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    try:
        return tuple(_found(text, wanted))
    except (TypeError, ValueError):  # damaged
        return None


def _found(text: str, wanted: str) -> Iterator[Figure]:
    figures = Figures(wanted)
    for row in text.splitlines():
        step, line, told_by, epoch_end = json.loads(row)
        evaluated, measured_by = told_by == "evaluated", "" if told_by == "evaluated" else told_by
        for name, value, source in figures.read(line, evaluated=evaluated):
            if name == wanted and not figures.is_superfluous(name, measured_by or source):
                yield Figure(step, name, value, measured_by or source, epoch_end)
