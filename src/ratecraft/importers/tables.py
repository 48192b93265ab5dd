"""Tables in text: a header that names known figures, and rows of as many cells.

Path:   lines of CSV, TSV and of tables set with blanks or bars -> `header_of`, `row_in` -> rows.
"""

import csv
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ratecraft.importers.entries import number_in, row_of
from ratecraft.importers.names import meaning_of
from ratecraft.importers.rows import Row, RowBlock
from ratecraft.records.metrics import direction_of

_MOST_COLUMNS = 1 << 16
_BLOCK = 512  # rows read together
_LONGEST_HEADING = 160
_EMPTY = frozenset({"", "-", "–", "none", "null", "n/a", "na", "#na#", "true", "false"})


class TableHeader(NamedTuple):
    """A header.

    Attributes:
        columns: Names as printed; empty for a column that is not read.
        separator: Between cells; empty for blanks and bars.
        format: Who writes such tables: `lightning`, `keras`, `timm`, `fastai`, else `csv`, `tsv` or `table`.
    """

    columns: tuple[str, ...]
    separator: str
    format: str


class TornRow(ValueError):
    """A row that does not fit its header. Caught where lines are read; never reaches the user."""


def header_of(line: str) -> TableHeader | None:
    """The table that a line is the header of; None if it is none.

    Example:
        >>> header_of("epoch,train_loss,valid_loss,time").format
        'fastai'
        >>> header_of("Loading model, data and tokenizer") is None
        True
    """
    for separator in (",", "\t", ";", ""):
        if separator and separator not in line:
            continue
        cells = _cells(line, separator)
        if cells is not None and 2 + (not separator) <= len(cells) <= _MOST_COLUMNS and _names_figures(cells):
            columns = _columns(cells)
            return TableHeader(columns, separator, _format(columns, separator))
    return None


def row_in(table: TableHeader, line: str) -> Row | None:
    """The row that a line is in a table; None if it does not look like one.

    Raises:
        TornRow: It begins like a row and does not fit.

    Example:
        >>> row_in(header_of("epoch,loss,lr"), "0,2.5,0.1").figures
        (('loss', 2.5), ('lr', 0.1))
    """
    if table.separator and table.separator not in line:
        return None
    cells = _cells(line, table.separator)
    if cells is None or len(cells) != len(table.columns):
        if table.separator and line.lstrip()[:1].isdigit():
            raise TornRow
        return None
    values: list[tuple[str, object]] = []
    for name, cell in zip(table.columns, cells, strict=True):
        if not name or cell.lower() in _EMPTY:
            continue
        if number_in(cell) is None and meaning_of(name).known and meaning_of(name).kind not in ("clock", "fact"):
            if table.separator and values:
                raise TornRow
            return None
        values.append((name, cell))
    return row_of(values)


def block_in(table: TableHeader, lines: Sequence[str]) -> tuple[RowBlock | None, int]:
    """The rows that the first of the lines are, where they differ in nothing but their numbers, and how many they are.

    None if there are no two of them; their like is read row by row.
    """
    places = _places(table)
    if places is None:
        return None, 0
    cells = [line.split(table.separator) for line in lines[:_BLOCK] if '"' not in line and "_" not in line]
    columns = list(zip(*cells, strict=False))
    if len(cells) < min(len(lines), _BLOCK) or len(cells) < 2 or {len(row) for row in cells} != {len(table.columns)}:
        return None, 0
    if not all(map(str.isdigit, columns[places.step])) or (places.epoch >= 0 and len(set(columns[places.epoch])) > 1):
        return None, 0
    try:
        values = [list(map(float, columns[place])) for place in places.figures]
        epoch = float(columns[places.epoch][0]) if places.epoch >= 0 else None
    except ValueError:
        return None, 0
    if epoch is not None and not 0 <= epoch < float("inf"):
        return None, 0
    names = tuple(table.columns[place] for place in places.figures)
    return RowBlock(names, values, list(map(int, columns[places.step])), epoch=epoch), len(cells)


class _Places(NamedTuple):
    """Columns of a table in which every row has a step and all figures."""

    figures: tuple[int, ...]
    step: int
    epoch: int


@lru_cache(maxsize=64)
def _places(table: TableHeader) -> _Places | None:
    kinds = [meaning_of(name).kind if name else "clock" for name in table.columns]
    figures = tuple(place for place, kind in enumerate(kinds) if kind in ("figure", "rate"))
    known = all(meaning_of(table.columns[place]).known for place in figures)
    if not table.separator or kinds.count("step") != 1 or kinds.count("epoch") > 1 or "fact" in kinds or not known:
        return None
    return _Places(figures, kinds.index("step"), kinds.index("epoch") if "epoch" in kinds else -1)


def _cells(line: str, separator: str) -> list[str] | None:
    if not separator:
        return line.strip(" |│┃\t").replace("|", " ").replace("│", " ").replace("┃", " ").split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, strict=True))]
    except (csv.Error, StopIteration):
        return None


def _names_figures(cells: list[str]) -> bool:
    if any(number_in(cell) is not None or len(cell) > _LONGEST_HEADING for cell in cells) or not all(cells[1:]):
        return False
    meanings = [meaning_of(_heading(cell)) for cell in cells]
    figures = sum(
        meaning.kind in ("figure", "rate") and (meaning.known or _has_direction(meaning.printed))
        for meaning in meanings
    )
    places = sum(meaning.kind in ("step", "epoch") for meaning in meanings)
    return figures + places >= 2 or (places == 1 and len(cells) == 2)


def _has_direction(name: str) -> bool:
    """Whether a name is one of a score, as `wer` or `map50`."""
    return direction_of(name) is not None


def _heading(cell: str) -> str:
    """The name in a heading: W&B writes the run before it (`brisk-sun-4 - train/loss`)."""
    return cell.rpartition(" - ")[2]


def _columns(cells: list[str]) -> tuple[str, ...]:
    columns: dict[str, str] = {}
    for cell in cells:
        name = "" if cell.endswith(("__MIN", "__MAX")) else _heading(cell)
        columns[cell] = cell if name and name in columns.values() else name  # two runs in one table keep their names
    return tuple(columns.get(cell, "") for cell in cells)


def _format(columns: tuple[str, ...], separator: str) -> str:
    names = set(columns)
    if separator == ",":
        if {"epoch", "train_loss", "valid_loss"} <= names:
            return "fastai"
        if {"epoch", "train_loss", "eval_loss"} <= names:
            return "timm"
        if {"epoch", "step"} <= names:
            return "lightning"
        if columns[0] == "epoch" and "loss" in names and len(columns) > 2:
            return "keras"
    return {",": "csv", ";": "csv", "\t": "tsv"}.get(separator, "table")
