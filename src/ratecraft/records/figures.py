"""Figures in printed text: `Epoch 3: val loss 0.123` says that `val_loss` is 0.123.

Path:   lines that a script prints (`records.lines`) -> named figures -> `records.metrics` chooses the compared one.
Units:  as printed; `12.3%` and `1230/10000` are the fraction 0.123.
Source: the table of printed styles in the script host's reference; each of its rows is a test.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from ratecraft.records.metrics import normal_name

__all__ = ["Table", "TextFigure", "figures_in", "is_usual", "read_line"]


class TextFigure(NamedTuple):
    """One figure of a line.

    Attributes:
        name: Normal name (`records.metrics.normal_name`), e.g. `val_loss`.
        value: The number; may be NaN or infinite.
        from_bar: The line is a progress bar, whose figures may be those of the evaluation before.
    """

    name: str
    value: float
    from_bar: bool


# Every repetition is bounded, so that a line costs time in proportion to its length whatever is in it. Lines are
# searched in lower case: ignoring case in the pattern would double the cost.
_WORD = r"(?:loss|nll|cost|ppl|perplexity|bpb|bpc|mse|rmse|mae|acc(?:uracy)?|error|err|f1|auc|wer|bleu)"
_SPLIT = r"(?:val(?:id(?:ation)?)?|eval(?:uation)?|dev|test|held[-_ ]?out)"
_FILL = r"[\s_/.:\-]{0,4}(?:(?:set|avg|average|mean|total|epoch|step)[\s_/.:\-]{0,4})?"
_NAME = rf"{_SPLIT}{_FILL}(?:\w{{1,20}}?[\s_/.\-])?{_WORD}|{_WORD}[\s_/(]{{1,3}}{_SPLIT}"
# `val 0.12` alone is a figure, `val: 10000` the size of a data set.
_BARE = r"val(?=[ :=]{1,4}(?:\d*\.\d|nan|inf))"
_GAP = r"(?![a-z0-9])['\"\])]{0,3}\s{0,80}(?:(?:[:=|│┃]|is|->|→)\s{0,80})?['\"]?"
_WRAPPED = r"(?:(?:torch\.)?tensor\(|(?:np|numpy)\.float\d+\(|array\()?"
_DIGITS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?!,\d)(?:\.\d*)?|\.\d+"
_NUMBER = (
    rf"{_WRAPPED}(?P<value>[-+]?(?:(?:{_DIGITS})(?:e[-+]?\d+)?|inf(?:inity)?)|nan)"
    r"(?![\w@]|\.\d|\s{0,2}%\s{0,2}\|)(?:/(?P<of>\d+)(?![\w.]))?\s{0,2}(?P<percent>%)?"
)
_FREE = re.compile(rf"(?<![a-z])(?P<name>{_NAME}|{_BARE}){_GAP}{_NUMBER}")
_HISTORY = re.compile(
    r"(?<![a-z0-9])(?:best|lowest|highest|previous|prev|min(?:imum)?|max(?:imum)?)[\s_/.:(\-]{1,3}"
    r"(?:[a-z]{1,16}[\s_/.:(\-]{1,3})?$"
)
_BAR = re.compile(r"it/s|s/it|\d%\s*\||\[\d+:\d\d(?::\d\d)?[<,]")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_CELLS = re.compile(r"[\s|│┃,]+")
_HEADING = re.compile(r"[a-z_][\w/@.%\-]*", re.IGNORECASE)
_HEADING_OF_VALIDATION = re.compile(_NAME)
_CELL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?inf|nan|none|\d+(?::\d\d)+", re.IGNORECASE)

_normal = lru_cache(maxsize=256)(normal_name)


def figures_in(line: str, wanted: str = "") -> tuple[TextFigure, ...]:
    """The figures of one line, in the order in which they stand.

    Found are the figures of an evaluation by their usual names and, where `wanted` is given, also the figure of that
    name in any spelling; it comes back under `normal_name(wanted)`. A single wanted word that is part of a longer usual
    name (`loss` in `val_loss`) is not meant.

    Args:
        line: One printed line, without its end.
        wanted: The name that the user gave.

    Example:
        >>> [tuple(figure) for figure in figures_in("step 250: train loss 2.0, val loss 0.123")]
        [('val_loss', 0.123, False)]
        >>> figures_in("Accuracy: 64.9%, Avg loss: 0.123", wanted="avg_loss")[0].value
        0.123
    """
    text = _COLOUR.sub("", line) if "\x1b" in line else line
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two; positions must be those of the text
        text = lower
    found: list[_Match] = []
    if "val" in lower or "test" in lower or "dev" in lower or "held" in lower:
        found.extend(_matches(_FREE, text, lower))
    if wanted:
        found.extend(_wanted_matches(text, lower, _normal(wanted), found))
        found.sort()
    if not found:
        return ()
    from_bar = _BAR.search(lower) is not None
    return tuple(TextFigure(each.name, each.value, from_bar) for each in found)


def is_usual(name: str) -> bool:
    """Whether a figure of this normal name is found without being asked for.

    Example:
        >>> is_usual("val_loss"), is_usual("accuracy")
        (True, False)
    """
    return any(each.name == name for each in figures_in(f"{name}: 0.5"))


class _Match(NamedTuple):
    start: int
    end: int
    name: str
    value: float


def _matches(pattern: re.Pattern[str], text: str, lower: str) -> Iterator[_Match]:
    """Each figure with the place of its name."""
    for match in pattern.finditer(lower):
        start, end = match.span("name")
        value = _value(match)
        if value is not None and not _HISTORY.search(lower, max(0, start - 24), start):
            yield _Match(start, end, _normal(text[start:end]), value)


def _wanted_matches(text: str, lower: str, name: str, usual: list[_Match]) -> list[_Match]:
    if name.partition("_")[0] not in lower:
        return []
    taken = tuple(each for each in usual if each.name == name or "_" not in name)
    return [
        match._replace(name=name)
        for match in _matches(_pattern_of(name), text, lower)
        if not any(each.start <= match.start < each.end for each in taken)
    ]


@cache
def _pattern_of(name: str) -> re.Pattern[str]:
    """A pattern for one normal name, in which any separators stand between its words."""
    words = r"[\W_]{0,4}".join(re.escape(word) for word in name.split("_"))
    return re.compile(rf"(?<![\w/])(?<!\w[.\-])(?<!train )(?P<name>{words}){_GAP}{_NUMBER}")


def _value(match: re.Match[str]) -> float | None:
    value = float(match["value"].replace(",", ""))
    if match["of"]:
        whole = float(match["of"])
        return value / whole if 0 <= value <= whole and whole > 0 else None
    return value / 100 if match["percent"] else value


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of the last header line that named a figure (`epoch  train_loss  valid_loss`); empty before one."""

    columns: tuple[str, ...] = ()


def read_line(table: Table, line: str, wanted: str = "") -> tuple[Table, tuple[TextFigure, ...]]:
    """The figures of a line that may belong to a table: of itself, or by the header above it.

    Args:
        table: What the line before gave; `Table()` at first.
        line: One printed line, without its end.
        wanted: The name that the user gave.

    Example:
        >>> table, _ = read_line(Table(), "epoch     train_loss  valid_loss  time")
        >>> [tuple(figure) for figure in read_line(table, "0         0.45        0.123       00:03")[1]]
        [('valid_loss', 0.123, False)]
    """
    figures = figures_in(line, wanted)
    if figures:
        return table, figures
    first = line.lstrip(" |│┃\t")[:1]
    if table.columns and (first.isdigit() or first in "-+." or first in "nN"):
        return table, _row(table, line, _normal(wanted))
    if first.isalpha() or first == "_":
        return _header(table, line, _normal(wanted)), ()
    return table, ()


def _row(table: Table, line: str, wanted: str) -> tuple[TextFigure, ...]:
    cells = _CELLS.split(line.strip(" |│┃\t"))
    if len(cells) != len(table.columns) or not all(_CELL.fullmatch(cell) for cell in cells):
        return ()
    return tuple(
        TextFigure(column, float(cell), from_bar=False)
        for column, cell in zip(table.columns, cells, strict=True)
        if (column == wanted or _HEADING_OF_VALIDATION.fullmatch(column)) and ":" not in cell and cell.lower() != "none"
    )


def _header(table: Table, line: str, wanted: str) -> Table:
    cells = _CELLS.split(line.strip(" |│┃\t"), maxsplit=64)
    if len(cells) < 3 or len(cells) > 64 or not all(_HEADING.fullmatch(cell) for cell in cells):
        return table
    columns = tuple(_normal(cell) for cell in cells)
    named = any(column == wanted or _HEADING_OF_VALIDATION.fullmatch(column) for column in columns)
    return Table(columns) if named else table
