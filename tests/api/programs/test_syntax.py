"""Mirrors ratecraft/api/programs/syntax.py."""

import json
import sys
from pathlib import Path

import pytest

from ratecraft.api.programs.syntax import check_syntax
from ratecraft.api.programs.typed import program_hash, typed_program
from ratecraft.errors import ScriptFailed
from ratecraft.records.program import Program


def put(folder: Path, name: str, text: str | bytes) -> Program:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return typed_program([name], folder)


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("import torch\nx = (1,\nfor i in range(3)\n    pass\n", "SyntaxError", 2),
        ("for i in range(3):\npass\n", "IndentationError", 2),
        ("if True:\n\tx = 1\n        y = 2\n", "TabError", 3),
        (b"# coding: utf-8\nx = '\xff'\n", "SyntaxError", 2),
    ],
)
def test_what_is_no_python_is_told_with_its_file_and_line(
    tmp_path: Path, text: str | bytes, name: str, line: int
) -> None:
    program = put(tmp_path, "train.py", text)
    with pytest.raises(ScriptFailed, match=f"fails as it is, without ratecraft too: {name}") as caught:
        program_hash(program, tmp_path)
    told = caught.value.values
    assert (caught.value.code, told["line"]) == ("fails-as-it-is", line)
    assert str(told["file"]) == str(tmp_path / "train.py")
    assert name in str(told["traceback"])


def test_a_module_is_looked_at_as_a_file_is(tmp_path: Path) -> None:
    put(tmp_path, "pkg/train.py", "def (:\n")
    program = typed_program([sys.executable, "-m", "pkg.train"], tmp_path)
    with pytest.raises(ScriptFailed, match=r"SyntaxError .*\(train\.py, line 1\)"):
        check_syntax(program, tmp_path)


def test_a_notebook_is_told_with_its_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "x = 1"]},
        {"cell_type": "code", "source": ["x ="]},
    ]
    program = put(tmp_path, "digits.ipynb", json.dumps({"nbformat": 4, "cells": cells}))
    with pytest.raises(ScriptFailed, match="invalid syntax") as caught:
        check_syntax(program, tmp_path)
    assert str(caught.value.values["file"]).endswith("digits.ipynb[cell 2]")


@pytest.mark.parametrize("text", ["x = '\\d'\n", "", "\ufeffx = 1\n"])
def test_what_python_runs_passes_without_a_word(tmp_path: Path, text: str) -> None:
    check_syntax(put(tmp_path, "train.py", text), tmp_path)


def test_what_is_no_text_of_python_is_left_to_it(tmp_path: Path) -> None:
    check_syntax(put(tmp_path, "train.zip", b"PK\x03\x04"), tmp_path)
