"""Mirrors training/processes/terminal.py: a job's input is a terminal like the user's, which nobody types into."""

import json
import os
import pty
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.run_suite import Heard
from tests.end_to_end.command import PROGRAM
from tests.training.hosted_scripts import HEAD, environment, forked, run, written

from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.processes.launcher import fresh_python
from ratecraft.training.processes.terminal import Terminal

ASKS = """
import json, os, select, shutil, subprocess, sys

def ended(act):
    try:
        return act()
    except (EOFError, OSError) as error:
        return type(error).__name__

print(json.dumps({
    "stty": os.popen("stty size", "r").read().split(),
    "is one": [sys.stdin.isatty(), sys.stdout.isatty(), sys.stderr.isatty()],
    "sizes": [list(ended(os.get_terminal_size)), list(shutil.get_terminal_size())],
    "a key": bool(select.select([0], [], [], 0)[0]),
    "read": [sys.stdin.read(), os.read(0, 1).decode(), subprocess.run(["cat"], capture_output=True).stdout.decode()],
    "input": [ended(input), ended(input)],
    "written": ended(lambda: os.write(0, b"x" * 100_000)),
    "controls": ended(lambda: open("/dev/tty")),
}))
"""
THEIRS = Terminal(111, 37, (0, 1, 2))


def answers(tmp_path: Path, terminal: Terminal | None, launch: Any = forked) -> dict[str, Any]:
    hosted = run(written(tmp_path / "train.py", ASKS), terminal=terminal, launch=launch)
    return json.loads(hosted.printed[0])


@pytest.mark.parametrize(
    "launch", [forked, pytest.param(fresh_python, marks=pytest.mark.soak)], ids=["forked", "fresh"]
)
def test_a_script_finds_the_size_that_it_finds_at_home_and_never_waits_for_a_key(tmp_path: Path, launch: Any) -> None:
    assert answers(tmp_path, THEIRS, launch) == {
        "stty": ["37", "111"],
        "is one": [True, False, False],
        "sizes": [[111, 37], [111, 37]],
        "a key": False,
        "read": ["", "", ""],
        "input": ["EOFError", "EOFError"],
        "written": "OSError",
        "controls": "OSError",
    }


def test_an_output_that_was_no_terminal_at_home_has_no_size_here(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", "import os\nos.popen('stty size').read()\nos.get_terminal_size()\n")
    failure = run(script, terminal=Terminal(111, 37, (0,))).passage.failure
    assert failure is not None
    assert failure.name == "OSError"


def test_without_a_terminal_standard_input_is_as_empty_as_ever(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", "import sys\nprint(sys.stdin.isatty(), repr(sys.stdin.read()))\n")
    assert run(script, terminal=None).printed == ["False ''"]


def test_a_run_with_a_terminal_is_branched_as_any_other(tmp_path: Path) -> None:
    text = """
    import os
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(20):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).square().sum().backward()
        optimizer.step()
        if step == 3:
            print("size", *os.popen("stty size").read().split())
    """
    written(tmp_path / "train.py", HEAD + text.replace("\n    ", "\n"))
    study = StudyFolder(tmp_path / ".ratecraft" / "study")
    start = ScriptStarter(
        "train.py", (), tmp_path, study, environment=environment(), launch=forked, branches=True, terminal=THEIRS
    )
    trunk = Job(stop=0)
    root = start(trunk, 1, Heard(job=trunk))
    try:
        branch = root.branch(Heard(job=Job(stop=5, evaluate=Evaluate("frozen", steps=2))))
        try:
            assert branch.advance({}, 5, StopRule()).step == 5
            assert [log.read_text() for log in study.logs.iterdir()].count("size 37 111\n") == 1
        finally:
            branch.close()
    finally:
        root.close()


@pytest.mark.soak
def test_a_command_on_a_terminal_hands_its_size_on_and_input_is_refused_with_a_sentence(tmp_path: Path) -> None:
    written(tmp_path / "train.py", "import os\nprint(os.popen('stty size').read())\ninput('Which data? ')\n")
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (21, 97))
    try:
        typed = subprocess.run(
            [*PROGRAM, "tune", "train.py"], cwd=tmp_path, env={**os.environ, **environment()}, stdin=slave,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(master)
        os.close(slave)
    assert (typed.returncode, "[no-input]" in typed.stderr) == (3, True), typed.stderr
    (log,) = (tmp_path / ".ratecraft").glob("tune-*/logs/*.log")
    assert log.read_text().split()[:2] == ["21", "97"]
