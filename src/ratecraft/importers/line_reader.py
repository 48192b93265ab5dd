"""A log of lines, in pieces of any size, as it grows: text, tables and lines of JSON, also mixed.

Path:   bytes of a file -> lines -> `text`, `tables`, `entries` -> `gathering` -> `Reading`.

Each line is taken by what it is itself, so that a log may hold several kinds, and a torn line costs nothing but itself.
How the bytes are cut into pieces makes no difference.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from ratecraft.importers.entries import row_of, values_in
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.numbered_lines import LONGEST_LINE, NumberedLines
from ratecraft.importers.reading import Reading, TornCounter, reading_of
from ratecraft.importers.rows import Row, RowBlock
from ratecraft.importers.tables import TableHeader, TornRow, block_in, row_in
from ratecraft.importers.text import LONGEST_TEXT, TextReader

_MOST_BETWEEN = 64  # other lines in a row; then the table has ended
_CUT_AFTER = frozenset("0123456789.-+eE_")


class LineReader:
    r"""Reads a log of lines.

    Args:
        path: What the reading says was read.

    Example:
        >>> reader = LineReader("log.txt")
        >>> reader.feed(b"step 0 loss 2.5\nstep 10 lo")
        >>> reader.feed(b"ss 1.5\n")
        >>> reader.reading().runs[0].series["loss"].values.tolist()
        [2.5, 1.5]
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lines = NumberedLines()
        self._text = TextReader()
        self._gathering = Gathering()
        self._torn = TornCounter()
        self._styles = Counter[str]()
        self._table: TableHeader | None = None
        self._rows_of_table = self._lines_between = 0
        self._numbers: Sequence[int] = ()

    def feed(self, piece: bytes) -> None:
        """The next bytes of the log."""
        for start in range(0, len(piece), LONGEST_LINE):
            self._read(*self._lines.feed(piece[start : start + LONGEST_LINE]))

    def finish(self) -> None:
        """The log has come to its end; its last line may lack its own."""
        lines, numbers = self._lines.finish()
        if lines and lines[-1].rstrip()[-1:] in _CUT_AFTER:
            self._torn.add("unfinished", numbers[-1])
            lines, numbers = lines[:-1], numbers[:-1]
        self._read(lines, numbers)

    def reading(self) -> Reading:
        """The run as read so far."""
        source = self._styles.most_common(1)[0][0] if self._styles else "text"
        for number in self._lines.too_long:
            self._torn.add("long", number)
        self._lines.too_long.clear()
        return reading_of(
            self._gathering,
            self._path,
            source,
            lines=self._lines.ended,
            used=self._styles.total(),
            torn=self._torn.counted(),
        )

    def _read(self, lines: Sequence[str], numbers: Sequence[int]) -> None:
        lines = self._without_bytes(lines, numbers)
        first = 0
        while first < len(lines):
            self._numbers = numbers[first:]
            if lines[first][:1] == "{" and self._read_json(lines[first]):
                first += 1
            elif self._table is not None and (read := self._read_table(self._table, lines[first:])):
                first += read
            else:
                last = first + 1
                while self._table is None and last < len(lines) and lines[last][:1] != "{":
                    last += 1
                first += self._read_text(lines[first:last])

    def _without_bytes(self, lines: Sequence[str], numbers: Sequence[int]) -> Sequence[str]:
        """The lines, with those that are not text empty."""
        for place, line in enumerate(lines):
            if "\x00" in line or ("\ufffd" in line and line.count("\ufffd") > len(line) // 8):
                self._torn.add("bytes", numbers[place])
                lines = [*lines[:place], "", *lines[place + 1 :]]
        return lines

    def _read_json(self, line: str) -> bool:
        """Whether the line is one of JSON."""
        plain = _json_object(line)
        if plain is not None:
            self._take(row_of(values_in(plain)), "jsonl")
        elif line[1:2] == '"':
            self._torn.add("json", self._numbers[0])
        else:
            return False
        return True

    def _read_table(self, table: TableHeader, lines: Sequence[str]) -> int:
        """How many of the lines, from the first on, are rows of the table."""
        block, count = block_in(table, lines)
        if block is not None:
            self._take(block, table.format)
            self._rows_of_table += count
            return count
        try:
            row = row_in(table, lines[0])
        except TornRow:
            if not self._rows_of_table:  # what looked like a header was none
                self._table = None
                return 0
            self._torn.add("cells", self._numbers[0])
            return 1
        if row is None:
            self._lines_between += 1
            self._table = table if self._lines_between < _MOST_BETWEEN else None
            return 0
        self._lines_between = 0
        self._rows_of_table += 1
        self._take(row, table.format)
        return 1

    def _read_text(self, lines: Sequence[str]) -> int:
        """How many of the lines were read: all, or those to the header of a table."""
        for rows, style in self._text.read(lines):
            self._take(rows, style)
        for line, number in zip(lines[: self._text.lines_read], self._numbers, strict=False):
            if len(line) > LONGEST_TEXT and self._text.table is None:
                self._torn.add("cut", number)
        if self._text.table is not None:
            self._table, self._rows_of_table, self._lines_between = self._text.table, 0, 0
        return self._text.lines_read

    def _take(self, rows: Row | RowBlock, style: str) -> None:
        if isinstance(rows, RowBlock):
            self._styles[style] += len(rows.steps)
            self._gathering.add_block(rows)
            return
        if rows.figures:
            self._styles[style] += 1
        self._gathering.add(rows)


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", plain) if isinstance(plain, dict) else None
