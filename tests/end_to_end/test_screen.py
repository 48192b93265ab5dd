"""What a terminal shows while a study runs, and what a pipe gets instead."""

import fcntl
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from tests.end_to_end.command import PROGRAM, Tuned, Workplace
from tests.end_to_end.gate import Gate

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CURSOR = {"hidden": "\x1b[?25l", "shown": "\x1b[?25h"}
CTRL_C = b"\x03"


class Terminal:
    """A terminal with one command in its foreground; its stdout is a pipe, its stderr the terminal.

    However a test goes, the command does not outlive the `with` block.
    """

    def __init__(self, place: Workplace, *words: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=place.folder,
            env=place.environment(TERM="xterm", COLUMNS="100", **environment),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(2, termios.TIOCSCTTY, 0)),
        )
        os.close(theirs)
        self.shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        os.close(self._ours)

    def wait_for(self, pattern: str) -> None:
        """Read until the terminal has shown it."""
        for piece in self._pieces():
            self.shown += piece
            if re.search(pattern, self.shown):
                return
        raise AssertionError(f"never shown: {pattern}\n{self.shown[-1500:]}")

    def press(self, key: bytes) -> tuple[int, str]:
        """Press a key and read to the end; exit code and stdout."""
        os.write(self._ours, key)
        self.shown += "".join(self._pieces())
        out, _ = self._process.communicate(timeout=300)
        return self._process.returncode, out.decode()

    def _pieces(self) -> Iterator[str]:
        while True:
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # Linux says so where the other end is closed
                return
            if not piece:
                return
            yield piece.decode(errors="replace")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    place = Workplace(tmp_path)
    place.put("digits.py")
    return place


@contextmanager
def tuning(place: Workplace, **environment: str) -> Iterator[Terminal]:
    """A terminal with a study that does not come to its end: the final run alone has so many steps."""
    tune = ("tune", "digits.py", "--no-baseline", "--steps", "344")
    with Gate("step 200") as gate, Terminal(place, *tune, **gate.environment, **environment) as terminal:
        yield terminal


def test_a_terminal_shows_one_block_until_ctrl_c(place: Workplace) -> None:
    with tuning(place) as terminal:
        terminal.wait_for(r"bracket.* steps, 0\.\d\d of 2 runs(.|\n)*1\.3e-2 ")
        code, out = terminal.press(CTRL_C)
    assert (code, out) == (4, "")
    assert terminal.shown.count(CURSOR["hidden"]) == terminal.shown.count(CURSOR["shown"]) == 1
    assert terminal.shown.index(": 5 probes and a run") < terminal.shown.index("first look")
    assert "bracket: rate" not in terminal.shown  # no plain lines beside the block
    assert COLOUR.search(terminal.shown)
    last = COLOUR.sub("", terminal.shown)
    assert last.index(CURSOR["shown"]) < last.index("stopped[interrupted]: Stopped. Every finished job is kept.")


@pytest.mark.soak
def test_without_colour_the_block_is_the_same(place: Workplace) -> None:
    with tuning(place, NO_COLOR="1") as terminal:
        terminal.wait_for(r"bracket.* steps, 0\.\d\d of 2 runs")
        assert terminal.press(CTRL_C)[0] == 4
    assert not COLOUR.search(terminal.shown)
    assert CURSOR["hidden"] in terminal.shown


def test_a_build_log_gets_plain_lines_though_it_is_a_terminal(place: Workplace) -> None:
    with tuning(place, CI="true", RATECRAFT_LANGUAGE="ja") as terminal:
        terminal.wait_for("範囲決め：学習率 .*、開始")
        assert terminal.press(CTRL_C)[0] == 4
    assert CURSOR["hidden"] not in terminal.shown
    assert "続けるには：`ratecraft resume tune-digits-" in terminal.shown


@pytest.mark.parametrize(
    ("environment", "coloured"), [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)]
)
def test_the_result_is_coloured_where_that_is_wanted(tuned: Tuned, environment: dict[str, str], coloured: bool) -> None:
    assert bool(COLOUR.search(tuned.place.type("show", **environment).out)) is coloured


def test_the_result_is_narrow_and_plain_where_the_terminal_is(tuned: Tuned) -> None:
    typed = tuned.place.type("show", COLUMNS="60", PYTHONIOENCODING="ascii")
    assert typed.out.isascii()
    code = tuned.typed.json["schedule"]["code"].splitlines()
    told = [line for line in typed.out.splitlines() if line not in code and ".ratecraft/" not in line]
    assert max(map(len, told)) <= 60


def test_a_reader_that_goes_away_ends_the_command_quietly(tuned: Tuned) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as stdout:
        done = subprocess.run(
            [*PROGRAM, "show"],
            cwd=tuned.place.folder,
            env=tuned.place.environment(),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_plot_leaves_the_plot_out(tuned: Tuned) -> None:
    assert "▲ chosen" in tuned.place.type("show").out
    assert "▲ chosen" not in tuned.place.type("show", "--no-plot").out


def test_the_path_of_the_model_can_be_opened_from_where_the_command_was_typed(tuned: Tuned) -> None:
    out = tuned.place.type("show").out
    (path,) = re.findall(r"^Model +(\S+)$", out, flags=re.MULTILINE)
    assert (tuned.place.folder / Path(path)).is_file()
