"""Figures in tables that scripts print: by the header above a row, and in lines of JSON.

Path:   lines that a script prints (`records.printed.lines`) -> named figures, of the line itself (`figures`) or by its
        header.

Tables are those of fastai and skorch (columns by spaces), of Rich and Lightning (framed), of Ultralytics (a header in a
progress bar, rows that begin with a label), of DeepXDE (headings of two words, a loss as a list of its parts), and what
`logging` puts before any of them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ratecraft.records.metrics import direction_of, normal_name
from ratecraft.records.numbers import is_number
from ratecraft.records.printed.bare_figures import may_be_figure
from ratecraft.records.printed.figures import NAME, TextFigure, figures_in, name_as_figure, uncoloured

_SPACES = re.compile(r"[\s|│┃║,]+")
_FRAME = re.compile(r"\s*[|│┃║]\s*")
_HEADING = re.compile(r"[a-z_][\w/@.%()\-]*(?: [a-z(][\w/@.%()\-]*){0,3}", re.IGNORECASE)
_OF_VALIDATION = re.compile(NAME)
_PARTED = ";"
"""Between the numbers of a cell that is a list."""
_ONE = r"(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?inf|nan)"
_CELL = re.compile(rf"{_ONE}(?:{_PARTED}{_ONE})*|none|\d+(?::\d\d)+", re.IGNORECASE)
_IN_COLUMNS = re.compile(r"\S(?:\s{2,}|\t|\s*[|│┃║,]\s*)\S")
_BAR_BEHIND = re.compile(r":\s+\d{1,3}%.*$")
_LOGGED = re.compile(
    r"^\W{0,2}(?:\d{4}-\d\d-\d\d[ T])?(?:\d\d:\d\d:\d\d(?:[.,]\d+)?)?[\]\s]*(?:[-|:]\s*)?[\w.]{0,40}[\s|:\-\[]*"
    r"\b(?:DEBUG|INFO|WARNING|ERROR)\b[\]\s]*(?:[:|\-][\w. ]{0,40})?[:|\-\]]*\s?"
)
_BY_SPACES, _BY_GAPS = re.compile(r"\S+"), re.compile(r"\S+(?: \S+)*")
_WIDE = re.compile(r"\s{2,}|\t")
_LIST = re.compile(r"\[([-+.\dein, ]{0,400})\]", re.IGNORECASE)
_WHOLE = frozenset({"all", "total", "overall", "mean", "avg", "average"})
"""Labels of the row that stands for all others."""
_LONGEST = 2000
"""Letters of a line of a table, or of JSON."""

_normal = lru_cache(maxsize=256)(normal_name)
_direction = lru_cache(maxsize=256)(direction_of)


@dataclass(frozen=True, slots=True)
class PrintedHeader:
    """The columns of the last header line that named a figure (`epoch  train_loss  valid_loss`); empty before one.

    Attributes:
        columns: Their normal names.
        ends: Where each heading ends in its line: a row may leave a column empty.
    """

    columns: tuple[str, ...] = ()
    ends: tuple[int, ...] = ()


def read_line(
    table: PrintedHeader, line: str, wanted: str = "", *, evaluated: bool = False
) -> tuple[PrintedHeader, tuple[TextFigure, ...]]:
    """The figures of a line that may belong to a table: of itself, or by the header above it.

    Args:
        table: What the line before gave; `PrintedHeader()` at first.
        line: One printed line, without its end.
        wanted: The name that the user gave.
        evaluated: As for `figures_in`.

    Example:
        >>> table, _ = read_line(PrintedHeader(), "epoch     train_loss  valid_loss  time")
        >>> [tuple(figure) for figure in read_line(table, "0         0.45        0.123       00:03")[1]]
        [('valid_loss', 0.123, False)]
    """
    if len(line) > _LONGEST:
        return table, figures_in(line, wanted, evaluated=evaluated)
    plain = uncoloured(line)
    if (pairs := json_pairs(plain)) is not None:
        named = ((name_as_figure(name, wanted, evaluated=evaluated), value) for name, value in pairs)
        return table, tuple(TextFigure(name, value, from_bar=False) for name, value in named if name)
    text = _LOGGED.sub("", plain)
    row = _row_of(table, text) if table.columns else None
    if row is not None:
        return table, tuple(
            TextFigure(column, value, from_bar=False)
            for column, cell in row
            if _is_figure(column, normal_name(wanted), evaluated=evaluated)
            and (value := _number(cell, column)) is not None
        )
    header = _header_of(text, normal_name(wanted))
    return (header, ()) if header else (table, figures_in(line, wanted, evaluated=evaluated))


def _is_figure(column: str, wanted: str, *, evaluated: bool) -> bool:
    usual = column == wanted or _OF_VALIDATION.fullmatch(column) is not None
    return usual or (evaluated and may_be_figure(column))


def _number(cell: str, column: str) -> float | None:
    """The number in a cell: for a loss given in parts, their sum; None for a time, and for several scores."""
    parts = cell.split(_PARTED)
    if ":" in cell or cell.lower() == "none" or (len(parts) > 1 and _direction(column) != "min"):
        return None
    return sum(map(float, parts))


def _row_of(table: PrintedHeader, text: str) -> Sequence[tuple[str, str]] | None:
    """The column and text of each numeric cell; None if the line is not a row of this table."""
    text = _LIST.sub(lambda parts: _PARTED.join(parts[1].replace(",", " ").split()) or "none", text)
    cells = _cells(text)
    label = cells[:1] if len(cells) > 1 and not _CELL.fullmatch(cells[0]) else []
    if not all(_CELL.fullmatch(cell) for cell in cells[len(label) :]):
        return _row_by_place(table, text, cells) if len(cells) <= len(table.columns) else None
    if len(cells) == len(table.columns):
        if label and label[0].lower() not in _WHOLE:
            return () if _HEADING.fullmatch(label[0]) and len(cells) > 2 else None
        return list(zip(table.columns, cells, strict=True))[len(label) :]
    return None if label else _row_by_place(table, text, cells)


def _row_by_place(table: PrintedHeader, text: str, cells: Sequence[str]) -> Sequence[tuple[str, str]] | None:
    """A row with empty cells, or a sign in one: each number ends where its heading ends."""
    placed = [
        (table.ends.index(match.end()), match[0]) for match in _BY_SPACES.finditer(text) if match.end() in table.ends
    ]
    numbers = [cell for cell in cells if _CELL.fullmatch(cell)]
    found = [(table.columns[place], cell) for place, cell in placed if _CELL.fullmatch(cell)]
    return found if len(found) == len(numbers) > 1 and len(cells) - len(numbers) <= 1 else None


def _header_of(text: str, wanted: str) -> PrintedHeader | None:
    """The table that begins at this line; None if the line is not a header."""
    text = _BAR_BEHIND.sub("", text)
    if any(letter in text for letter in ":=;?!"):
        return None
    cells, heading = _cells(text, most=64), _BY_SPACES
    if len(set(cells)) < len(cells):  # the same word in several: headings of two words
        cells, heading = _WIDE.split(text.strip(), maxsplit=64), _BY_GAPS
    if not 2 < len(cells) <= 64 or not all(_HEADING.fullmatch(cell) for cell in cells):
        return None
    columns = tuple(_normal(cell) for cell in cells)
    if not any(_is_figure(column, wanted, evaluated=False) for column in columns) and not (
        _IN_COLUMNS.search(text) and any(_direction(column) for column in columns)
    ):
        return None
    return PrintedHeader(columns, tuple(match.end() for match in heading.finditer(text)))


def _cells(text: str, most: int = 0) -> list[str]:
    """The cells of a line: between the lines of a frame where it has one, else between spaces."""
    inside = text.strip(" |│┃║\t")
    frame = text.strip()[:1] in "│┃║|" or "│" in text or "┃" in text
    return (_FRAME if frame and text.strip() else _SPACES).split(inside, maxsplit=most)


def json_pairs(line: str) -> Sequence[tuple[str, float]] | None:
    """Name and number of each entry of a line that is a JSON object, those of inner objects by their path."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(_leaves("", read, 4))


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict) and depth:
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(f"{path}/{name}" if path else str(name), inner, depth - 1)  # pyright: ignore[reportUnknownArgumentType]
    elif is_number(value):  # pyright: ignore[reportUnknownArgumentType]
        yield path, float(value)
