"""Rows of figures that a script appends to a file: CSV under a header, or an object of JSON a line.

Path:   the beginning of a file and what has grown since -> the last value of each name.

A row of figures counts the run: it has a column of epochs, steps or iterations, which a table of samples has not.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ratecraft.records.metrics import is_of_training, normal_name, tells_evaluation
from ratecraft.records.printed.tables import json_pairs

_COUNT = re.compile(r"(?:^|_)(?:epochs?|steps?|iters?|iterations?|rounds?|timesteps)$")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?inf(?:inity)?|nan", re.IGNORECASE)
_SEPARATORS = ",\t;"
_MOST_COLUMNS = 256


def last_values(head: str, grown: str) -> Mapping[str, float]:
    r"""The last value of each name in rows that were added to a file, but for those of the training.

    A plain name counts as one of the training where the same name is there for held-out data too.

    Args:
        head: What the file begins with, its first line at least.
        grown: Whole lines; what fits no row is left out.

    Example:
        >>> text = "epoch,loss,val/loss,lr\n1,0.5,0.625,0.1\n2,0.25,0.5,0.1\n"
        >>> dict(last_values(text, text))
        {'epoch': 2.0, 'val/loss': 0.5, 'lr': 0.1}
    """
    first, lines = head.partition("\n")[0], grown.splitlines()
    rows = _objects(lines) if first.lstrip().startswith("{") else _cells(first, lines)
    values = {name: value for row in rows for name, value in row}
    told = [normal_name(name) for name in values if tells_evaluation(normal_name(name))]

    def is_kept(name: str) -> bool:
        return not is_of_training(name) and not any(word.endswith(f"_{normal_name(name)}") for word in told)

    return {name: value for name, value in values.items() if is_kept(name)}


def _objects(lines: Sequence[str]) -> Iterator[Sequence[tuple[str, float]]]:
    for line in lines:
        pairs = json_pairs(line)
        if pairs and _counts(name for name, _ in pairs):
            yield pairs


def _cells(header: str, lines: Sequence[str]) -> Iterator[Sequence[tuple[str, float]]]:
    separator = max(_SEPARATORS, key=header.count)
    columns = [cell.strip() for cell in _split(header, separator)]
    if not 1 < len(columns) <= _MOST_COLUMNS or any(map(_NUMBER.fullmatch, columns)) or not _counts(columns):
        return
    for line in lines:
        cells = [cell.strip() for cell in _split(line, separator)]
        if len(cells) == len(columns):
            pairs = zip(columns, cells, strict=True)
            yield [(name, float(cell)) for name, cell in pairs if name and _NUMBER.fullmatch(cell)]


def _split(line: str, separator: str) -> Sequence[str]:
    try:
        return next(csv.reader((line,), delimiter=separator), ())
    except csv.Error:
        return ()


def _counts(names: Iterable[str]) -> bool:
    return any(_COUNT.search(normal_name(name)) for name in names)
