"""Mirrors ratecraft/records/notebook.py."""

import json
from typing import Any

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.records.notebook import Cell, cells_of, left_out


def notebook(*sources: str, **metadata: Any) -> str:
    """A notebook of code cells, with one of text between them."""
    cells = [{"cell_type": "code", "outputs": [], "source": source.splitlines(keepends=True)} for source in sources]
    text = {"cell_type": "markdown", "source": ["# A title\n", "%not a magic"]}
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": [*cells[:1], text, *cells[1:]]})


def test_code_cells_are_counted_and_others_are_left_out() -> None:
    assert cells_of(notebook("a = 1", "", "b = 2\nc = 3"), "a.ipynb") == (Cell(1, "a = 1"), Cell(3, "b = 2\nc = 3"))


@pytest.mark.parametrize(
    ("source", "python", "lines"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1", ("%matplotlib inline",)),
        ("import os\n!pip install -q 'a[b]' it's\nx = 1", "import os\npass\nx = 1", ("!pip install -q 'a[b]' it's",)),
        ("if True:\n    !ls *.csv\nx = 1", "if True:\n    pass\nx = 1", ("!ls *.csv",)),
        ("files = !ls\nprint?\n", "pass\npass", ("files = !ls", "print?")),
        ("%%time\nx = 1", "pass\nx = 1", ("%%time",)),
        ("\n%%bash\nls -l", "", ("%%bash",)),
        ("x = (7\n% 4)\ns = '''\n%d\n!no\n'''", "x = (7\n% 4)\ns = '''\n%d\n!no\n'''", ()),
        ("%cd data\ns = '''\n%d\n'''", "pass\ns = '''\n%d\n'''", ("%cd data",)),
    ],
)
def test_what_only_ipython_understands_is_left_out_and_lines_keep_their_numbers(
    source: str, python: str, lines: tuple[str, ...]
) -> None:
    (cell,) = cells_of(notebook(source), "a.ipynb")
    assert (cell.source, cell.left_out) == (python, lines)
    assert left_out([cell]) == tuple(f"[1] {line}" for line in lines)


def test_a_cell_that_is_no_python_is_left_to_fail_as_it_does() -> None:
    (cell,) = cells_of(notebook("for x in:\n    pass"), "a.ipynb")
    assert cell == Cell(1, "for x in:\n    pass")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"cells": [{"cell_type": "code"}]}', '{"worksheets": []}'])
def test_what_is_no_notebook_is_told_with_what_to_do(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"a\.ipynb cannot be read as a notebook") as caught:
        cells_of(text, "a.ipynb")
    assert "save it again" in caught.value.hint()


def test_another_language_is_told() -> None:
    with pytest.raises(InvalidInput, match="is written in R"):
        cells_of(notebook("x <- 1", language_info={"name": "R"}), "a.ipynb")
