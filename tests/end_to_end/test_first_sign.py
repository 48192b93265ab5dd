"""What a user sees first of a command that takes time, on a real terminal: before anything heavy is loaded."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from tests.end_to_end.command import PROGRAM, Workplace

# A module that ends the process when anything is imported that is heavy: what is on the screen by then came before.
ENDING = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name in {"torch", "numpy", "rich"}:
            os._exit(7)

sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tune", "train.py"), "Tuning train.py: getting ready…"),
        (("find", "train.py"), "Finding a rate for train.py: getting ready…"),
        (("search", "train.py"), "Searching with train.py: getting ready…"),
        (("demo",), "Tuning a small bundled task: loading PyTorch…"),
        (("--language", "ja", "demo"), "付属の小さなタスクを調整します。PyTorch を読み込んでいます…"),
    ],
)
def test_it_is_said_before_anything_heavy_is_loaded(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    place = Workplace(tmp_path)
    place.put("train.py", "print(1)\n")
    heavy = tmp_path / "heavy"
    heavy.mkdir()
    (heavy / "sitecustomize.py").write_text(ENDING)
    path = os.pathsep.join([str(heavy), place.environment()["PYTHONPATH"]])
    code, out, terminal = on_terminal(place, *words, PYTHONPATH=path)
    assert (code, out) == (7, "")
    assert re.sub(r"\x1b\[[0-9;]*m", "", terminal) == said


def test_json_has_no_sign(tmp_path: Path) -> None:
    typed = Workplace(tmp_path).type("tune", "none.py", "--json")
    assert (typed.code, typed.err, typed.json["code"]) == (2, "", "no-such-script")


def test_an_error_takes_its_place(tmp_path: Path) -> None:
    code, out, terminal = on_terminal(Workplace(tmp_path), "tune", "none.py")
    assert (code, out) == (2, "")
    before, after = terminal.split("\r\x1b[K")
    assert "Tuning none.py" in before
    assert "error[no-such-script]" in after


def on_terminal(place: Workplace, *words: str, **environment: str) -> tuple[int, str, str]:
    """A command whose stderr is a terminal: its exit code, its stdout, and what the terminal got."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [*PROGRAM, *words],
            cwd=place.folder,
            env=place.environment(TERM="xterm", COLUMNS="100", **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
        ) as process:
            os.close(theirs)
            shown = b"".join(iter(lambda: _read(ours), b""))
            out, _ = process.communicate(timeout=300)
        return process.returncode, out, shown.decode()
    finally:
        os.close(ours)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # its other end is closed
        return b""
