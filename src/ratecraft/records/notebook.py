"""The code of a notebook: its code cells, without what only IPython understands.

Path:   the text of an `.ipynb` file (nbformat 4: JSON) -> `Cell`s of plain Python.

A magic is met where Python's own parser stops at it, so that a `%` within a text or an expression is left alone. It is
replaced by `pass`, so that the lines of a cell keep their numbers.
"""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ratecraft.errors import InvalidInput

_RUNS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")
"""Magics of a whole cell whose other lines are Python all the same."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell.

    Attributes:
        number: Among the code cells, from 1.
        source: Python.
        left_out: Lines that are none, as they stand there.
    """

    number: int
    source: str
    left_out: tuple[str, ...] = ()


def cells_of(text: str, name: str) -> tuple[Cell, ...]:
    r"""The code cells of a notebook, empty ones left out.

    Args:
        text: Text of the file.
        name: Name of the file, for errors.

    Raises:
        InvalidInput: It is not a notebook (`notebook-malformed`), or one in another language (`notebook-language`).

    Example:
        >>> cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "x = (7\n", "% 4)"]}
        >>> cells_of(json.dumps({"nbformat": 4, "cells": [cell]}), "a.ipynb")
        (Cell(number=1, source='pass\nx = (7\n% 4)', left_out=('%matplotlib inline',)),)
    """
    sources = _sources(text, name)
    cells = (_cell(number, source) for number, source in enumerate(sources, 1))
    return tuple(cell for cell in cells if cell.source.strip() or cell.left_out)


def left_out(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Every line that is left out, as shown to the user.

    Example:
        >>> left_out([Cell(3, "pass", ("%pip install x",))])
        ('[3] %pip install x',)
    """
    return tuple(f"[{cell.number}] {line}" for cell in cells for line in cell.left_out)


def _sources(text: str, name: str) -> Iterator[str]:
    try:
        notebook: Any = json.loads(text)
        language = notebook.get("metadata", {}).get("language_info", {}).get("name", "python")
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cast("list[str] | str", cell["source"])) for cell in cells]
    except json.JSONDecodeError as error:
        raise InvalidInput("notebook-malformed", path=name, reason=f"{error.msg}, line {error.lineno}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidInput("notebook-malformed", path=name, reason=f"{type(error).__name__}: {error}") from None
    if language != "python":
        raise InvalidInput("notebook-language", path=name, language=language)
    yield from sources


def _cell(number: int, source: str) -> Cell:
    lines = source.splitlines()
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    found = list[str]()
    if lines and lines[first].startswith("%%"):
        found.append(lines[first].strip())
        if not lines[first].startswith(_RUNS_PYTHON):
            return Cell(number, "", tuple(found))
        lines[first] = "pass"
    while (at := _stops_at(lines)) is not None:
        found.append(lines[at].strip())
        lines[at] = lines[at][: len(lines[at]) - len(lines[at].lstrip())] + "pass"
    return Cell(number, "\n".join(lines), tuple(found))


def _stops_at(lines: Sequence[str]) -> int | None:
    """The first line of IPython's that keeps these from being Python; None if they are, or where none is why."""
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as error:
        at = (error.lineno or 0) - 1
        if 0 <= at < len(lines) and _is_magic(lines[at]):
            return at
        return next((index for index, line in enumerate(lines) if _is_magic(line)), None)
    except ValueError:  # a null byte
        return None
    return None


def _is_magic(line: str) -> bool:
    """`%magic`, `!command`, `name = %magic`, `name = !command`, `name?`."""
    said = line.strip()
    assigned = said.partition("=")[2].lstrip()
    return said.startswith(("%", "!", "?")) or assigned.startswith(("!", "%")) or said.endswith("?")
