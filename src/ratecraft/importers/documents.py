"""Whole JSON documents: the state of the Hugging Face Trainer, the History of Keras, lists of rows.

Path:   a file of JSON -> rows -> `gathering` -> `Reading`.

A document that is too large to hold, or torn, is read as its innermost objects: in a list of rows, those are the rows.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from ratecraft.importers.entries import number_in, row_of, values_in
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.names import meaning_of
from ratecraft.importers.reading import Reading, Torn, reading_of
from ratecraft.importers.rows import Row

LARGEST_DOCUMENT = 1 << 25
"""Bytes of a document that is read as a whole; it takes about ten times as much memory."""

_LONGEST_ROW = 1 << 16
_BEGINNING = re.compile(rb"^\s*(?:\{\s*(?:\"|\}|$)|\[\s*(?:[\[{]|$))")
_INNERMOST = re.compile(r"\{[^{}\[\]]{2,65536}\}")
_HISTORY = ("log_history", "history", "logs", "metrics", "rows", "data")


def begins_document(head: bytes) -> bool:
    r"""Whether a file that begins so is one JSON document, and not a line of JSON a row.

    Example:
        >>> begins_document(b'{"loss": [2.0, 1.0]}'), begins_document(b'{"loss": 2.0}\n{"loss": 1.0}')
        (True, False)
    """
    if not _BEGINNING.match(head):
        return False
    line, end, rest = head.lstrip().partition(b"\n")
    if line.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{":
        return False
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return line[:1] == b"[" or not end or not line.rstrip().endswith(b"}")
    return not isinstance(plain, dict) or any(
        isinstance(entry, list | dict) for entry in cast("dict[str, object]", plain).values()
    )


def read_document(text: str, path: str) -> Reading | None:
    """The reading of a document; None if it is not whole JSON.

    Example:
        >>> reading = read_document('{"loss": [2.0, 1.0], "val_loss": [2.1, 1.2]}', "history.json")
        >>> reading.runs[0].series["val_loss"].values.tolist(), reading.runs[0].unit
        ([2.1, 1.2], 'epoch')
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return None
    gathering = Gathering()
    rows = 0
    for row in _rows_in(plain):
        rows += bool(row.figures)
        gathering.add(row)
    source = "transformers" if isinstance(plain, dict) and "log_history" in plain else "json"
    return reading_of(gathering, path, source, lines=rows, used=rows)


def read_torn_document(pieces: Iterable[str], path: str) -> Reading:
    """The reading of a document of which only pieces can be held, or that is torn: of its innermost objects."""
    rest, rows = "", 0
    gathering = Gathering()
    for piece in pieces:
        rest += piece
        end = 0
        for match in _INNERMOST.finditer(rest):
            end = match.end()
            row = _row_of_text(match[0])
            if row is not None:
                gathering.add(row)
                rows += bool(row.figures)
        rest = rest[max(end, len(rest) - _LONGEST_ROW) :]
    return reading_of(gathering, path, "json", lines=rows, used=rows, torn=(Torn("json", 1, (1,)),))


def _row_of_text(text: str) -> Row | None:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return row_of(values_in(cast("dict[str, Any]", plain)))


def _rows_in(plain: object) -> Iterator[Row]:
    """The rows of a document: of a list of them wherever it is, of columns side by side, of one object alone."""
    if isinstance(plain, list):
        for entry in cast("list[object]", plain):
            if isinstance(entry, dict):
                yield row_of(values_in(cast("dict[str, Any]", entry)))
        return
    if not isinstance(plain, dict):
        return
    named = cast("dict[str, Any]", plain)
    lists = [name for name in _HISTORY if isinstance(named.get(name), list)]
    inner = [name for name in _HISTORY if isinstance(named.get(name), dict)]
    columns = _columns(named)
    if lists:
        yield row_of([(name, value) for name, value in named.items() if meaning_of(name).kind == "fact"])
        yield from _rows_in(named[lists[0]])
    elif columns:
        yield from _rows_of_columns(columns)
    elif inner:
        yield from _rows_in(named[inner[0]])
    else:
        yield row_of(values_in(named))


def _columns(plain: Mapping[str, Any]) -> Mapping[str, list[object]]:
    """The values that are lists of numbers."""
    lists = {name: cast("list[object]", value) for name, value in plain.items() if isinstance(value, list) and value}
    return {name: value for name, value in lists.items() if number_in(value[0]) is not None or value[0] is None}


def _rows_of_columns(columns: Mapping[str, list[object]]) -> Iterator[Row]:
    placed = any(meaning_of(name).kind in ("step", "epoch") for name in columns)
    for place in range(max(map(len, columns.values()))):
        row = row_of([(name, values[place]) for name, values in columns.items() if place < len(values)])
        yield row if placed else row._replace(epoch=float(place))  # Keras has one value an epoch
