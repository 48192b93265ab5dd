"""Each tool that `make test` runs can fail: with this project's settings, it finds what was planted for it."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"


def rooms() -> Iterator[Path]:
    """Every room that a contract puts into a layer, as a path below `src`."""
    for contract in tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]:
        for layer in contract.get("layers", []):
            yield from (Path(contract["containers"][0].replace(".", "/"), name.strip()) for name in layer.split("|"))


def run_tool(name: str, *arguments: str, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of the tools that were installed beside this Python."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("ANN001", 'def f(x) -> int:\n    """Do."""\n    return x\n'),
        ("D100", "A = 1\n"),
        ("D101", '"""File."""\n\n\nclass A:\n    pass\n'),
        ("D102", '"""File."""\n\n\nclass A:\n    """A."""\n\n    def f(self) -> None:\n        pass\n'),
        ("D103", '"""File."""\n\n\ndef f() -> None:\n    pass\n'),
        ("S101", '"""File."""\n\nassert 1\n'),
        ("T201", '"""File."""\n\nprint(1)\n'),
        ("BLE001", '"""File."""\n\ntry:\n    A = 1\nexcept Exception:\n    A = 2\n'),
    ],
)
def test_ruff_finds(code: str, text: str) -> None:
    found = run_tool("ruff", "check", "--stdin-filename", "src/ratecraft/laws/planted.py", "-", folder=ROOT, text=text)
    assert found.returncode == 1
    assert code in found.stdout


def test_basedpyright_finds_a_parameter_without_a_type(tmp_path: Path) -> None:
    settings = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["basedpyright"]
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({**settings, "include": ["."]}))
    (tmp_path / "planted.py").write_text("def f(x):\n    return x\n")
    found = run_tool("basedpyright", folder=tmp_path)
    assert found.returncode == 1
    assert "reportMissingParameterType" in found.stdout


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("laws/planted.py", "def f():\n    import ratecraft.api"),
        ("laws/planted.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ratecraft.tuning"),
        ("tuning/planted.py", "import ratecraft.training"),
        ("training/planted.py", "import ratecraft.controllers"),
        ("training/machine/planted.py", "import ratecraft.training.hosting"),
        ("records/planted.py", "import torch"),
        ("controllers/planted.py", ""),
        ("controllers/tune/planted.py", "import time"),
        ("controllers/tune/planted.py", "import ratecraft.controllers.find"),
        ("planted/__init__.py", ""),
        ("planted.py", ""),
    ],
)
def test_import_linter_finds(tmp_path: Path, path: str, text: str) -> None:
    tree = tmp_path / "ratecraft"
    for room in [tree, *(tmp_path / room for room in rooms())]:
        room.mkdir(parents=True, exist_ok=True)
        (room / "__init__.py").touch()
    clean = run_tool("lint-imports", "--no-cache", "--config", str(PROJECT), folder=tmp_path)
    assert clean.returncode == 0, clean.stdout
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).write_text(text)
    assert run_tool("lint-imports", "--no-cache", "--config", str(PROJECT), folder=tmp_path).returncode == 1


def test_pytest_fails_on_a_warning_a_wrong_example_and_an_unknown_mark(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text('"""Example.\n\n>>> 1 + 1\n3\n"""\n')
    (tmp_path / "test_warning.py").write_text("import warnings\n\ndef test_it():\n    warnings.warn('planted')\n")
    (tmp_path / "test_mark.py").write_text("import pytest\n\n@pytest.mark.planted\ndef test_it():\n    pass\n")
    settings = ["-c", str(PROJECT), "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    example = run_tool("pytest", *settings, "planted.py", folder=tmp_path)
    warning = run_tool("pytest", *settings, "test_warning.py", folder=tmp_path)
    mark = run_tool("pytest", *settings, "test_mark.py", folder=tmp_path)
    assert "1 failed" in example.stdout
    assert "UserWarning: planted" in warning.stdout
    assert "1 failed" in warning.stdout
    assert "'planted' not found in `markers`" in mark.stdout
    assert mark.returncode != 0
