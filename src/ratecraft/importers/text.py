"""What the lines of a text log say.

Path:   lines of text -> `TextReader` -> rows -> `gathering`.
Units:  as printed; `12.3%` is 0.123.

A log prints few shapes and many lines. What the numbers of a shape are is found once (`shapes`); lines of one shape
that follow one another are read together. Figures of an evaluation are found by `records.printed.figures`, as in a
hosted script.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ratecraft.importers.names import meaning_of
from ratecraft.importers.rows import Row, RowBlock
from ratecraft.importers.shapes import Shape, shape_of
from ratecraft.importers.tables import TableHeader, header_of
from ratecraft.records.printed.figures import figures_in
from ratecraft.records.watching.observed import Fact

LONGEST_TEXT = 1 << 16
"""Characters of a line that are read: of a longer one its beginning, with its step, and its end, with a bar's figures.
The header of a table is read whole."""

_HALF = LONGEST_TEXT // 2
_MOST_SHAPES = 8192
_NUMBERS = re.compile(
    r"(?<![\w@.])(?:[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    r"|[-+]?(?:[nN][aA][nN]|[iI]nf(?:inity)?)(?!\w))",
    re.ASCII,
)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OPTIMIZER = re.compile(
    r"(?i)optim(?:izer)?(?:_name|_type)?['\"]?\s{0,3}[:=]\s{0,3}['\"]?(?:torch\.optim\.)?([a-z]\w{1,24})"
)
_OPTIMIZERS = re.compile(r"(?i)(?:ada|sgd|rms|lion|muon|lamb|lars|nadam|radam|sophia|shampoo|prodigy|momentum)\w*")


class _Known(NamedTuple):
    """What lines with one skeleton are."""

    shape: Shape | None
    numbers: int
    table: TableHeader | None


class TextReader:
    """Reads lines of text; keeps what it learns of their shapes.

    Example:
        >>> reader = TextReader()
        >>> [(rows.figures, rows.step, style) for rows, style in reader.read(["iter 250: loss 1.9041, time 103.21ms"])]
        [((('loss', 1.9041),), 250, 'nanogpt')]
        >>> list(reader.read(["Downloading 3 files"]))
        []
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._kinds: dict[_Known, _Known] = {}
        self.table: TableHeader | None = None
        self.lines_read = 0

    def read(self, lines: Sequence[str]) -> Iterator[tuple[Row | RowBlock, str]]:
        """What the lines say, with the style they are printed in.

        Ends early, with `table` set, behind a line that is the header of a table; `lines_read` says how many were read.
        """
        self.table = None
        text = "\n".join(map(_ends, lines))
        if "\x1b" in text:
            text = _COLOUR.sub("", text)
        if "#" in text:
            text = text.replace("#", " ")
        numbers = _NUMBERS.findall(text)
        skeletons = _NUMBERS.sub("#", text).split("\n")
        plain = text.split("\n")
        first, offset = 0, 0
        while first < len(plain):
            known = self._known.get(skeletons[first]) or self._learn(
                skeletons[first], plain[first] if len(lines[first]) <= LONGEST_TEXT else lines[first]
            )
            last = first + 1
            while last < len(plain) and self._known.get(skeletons[last]) is known:
                last += 1
            yield from _said(known, plain[first:last], numbers[offset : offset + known.numbers * (last - first)])
            offset += known.numbers * (last - first)
            first = last
            if known.table is not None:
                self.table = known.table
                break
        self.lines_read = first

    def _learn(self, skeleton: str, line: str) -> _Known:
        if len(self._known) >= _MOST_SHAPES:
            self._known.clear()
            self._kinds.clear()
        shape = shape_of(skeleton) if "#" in skeleton else None
        table = header_of(line) if shape is None or not shape.figures else None  # a heading may hold one: `mAP50-95`
        known = _Known(shape, skeleton.count("#"), table)
        # Lines that differ in blanks and bars only have one shape; they are one kind of line.
        self._known[skeleton] = self._kinds.setdefault(known, known)
        return self._known[skeleton]


def _ends(line: str) -> str:
    """A line, or of one too long its beginning and its end, cut where a word ends."""
    if len(line) <= LONGEST_TEXT:
        return line
    return f"{line[:_HALF].rpartition(' ')[0]} {line[-_HALF:].partition(' ')[2] or line[-_HALF:]}"


def _said(known: _Known, lines: Sequence[str], numbers: Sequence[str]) -> Iterator[tuple[Row | RowBlock, str]]:
    """What lines of one kind say."""
    shape, count = known.shape, known.numbers
    if shape is None:
        yield from ((row, "text") for line in lines if "ptim" in line and (row := _told_optimizer(line)) is not None)
        return
    block = _block(shape, [numbers[place::count] for place in range(count)]) if len(lines) > 1 else None
    if block is not None:
        yield block, shape.style
        return
    for place, line in enumerate(lines):
        row = _row(shape, numbers[place * count : (place + 1) * count], line)
        if row.figures or row.facts or row.step is not None or row.epoch is not None:
            yield row, shape.style


def _block(shape: Shape, columns: Sequence[Sequence[str]]) -> RowBlock | None:
    """Lines that differ in nothing but their step and their figures; None of others."""
    if not shape.figures or shape.facts or shape.counts_samples or shape.may_evaluate or shape.step < 0:
        return None
    of_steps = columns[shape.of_steps] if shape.of_steps >= 0 else ()
    epochs = columns[shape.epoch] if shape.epoch >= 0 else ()
    steps = columns[shape.step]
    if len(set(of_steps)) > 1 or len(set(epochs)) > 1 or not all(map(str.isdigit, steps)):
        return None
    try:
        values = [_column(columns[place], divisor) for _, place, divisor in shape.figures]
        return RowBlock(
            tuple(name for name, _, _ in shape.figures),
            values,
            list(map(int, steps)),
            _whole(of_steps[0]) if of_steps else None,
            _epoch(epochs[0]) if epochs else None,
            shape.bar,
        )
    except ValueError:  # thousands are set apart with commas
        return None


def _column(texts: Sequence[str], divisor: float) -> list[float]:
    values = list(map(float, texts))
    return values if divisor == 1 else [value / divisor for value in values]


def _row(shape: Shape, numbers: Sequence[str], text: str) -> Row:
    figures = tuple((name, _number(numbers[place]) / divisor) for name, place, divisor in shape.figures)
    if shape.may_evaluate:
        figures = _with_evaluation(figures, text)
    facts: dict[str, Fact] = {name: _number(numbers[place]) for name, place in shape.facts}
    if shape.counts_samples:
        facts["counts"] = "samples"
    return Row(
        figures,
        _whole(numbers[shape.step]) if shape.step >= 0 else None,
        _whole(numbers[shape.of_steps]) if shape.of_steps >= 0 else None,
        _epoch(numbers[shape.epoch]) if shape.epoch >= 0 else None,
        shape.bar,
        facts,
    )


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _whole(text: str) -> int | None:
    digits = text.replace(",", "")
    return int(digits) if digits.isdigit() and len(digits) < 19 else None


def _epoch(text: str) -> float | None:
    value = _number(text)
    return value if 0 <= value < float("inf") else None


def _with_evaluation(figures: tuple[tuple[str, float], ...], text: str) -> tuple[tuple[str, float], ...]:
    """The figures, those of an evaluation as a hosted script's lines are read."""
    evaluated = {meaning_of(figure.name).name: (figure.name, figure.value) for figure in figures_in(text)}
    others = (figure for figure in figures if meaning_of(figure[0]).name not in evaluated)
    return (*others, *evaluated.values())


def _told_optimizer(text: str) -> Row | None:
    found = _OPTIMIZER.search(text)
    if found is None or not _OPTIMIZERS.fullmatch(found[1]):
        return None
    return Row(facts={"optimizer": found[1].lower()})
