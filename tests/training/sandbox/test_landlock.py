"""Mirrors training/sandbox/landlock.py. What is restricted stays so: each test has its own process."""

import subprocess
import sys
from pathlib import Path

import pytest

from ratecraft.training.sandbox.landlock import restrict_writes

CHILD = """
import os, subprocess, sys
from pathlib import Path
from ratecraft.training.sandbox.landlock import restrict_writes
inside, outside, one = map(Path, sys.argv[1:4])
kept = (outside / "kept").open("w")
if not restrict_writes([inside, one, Path("/dev"), inside / "missing"]):
    sys.exit("no landlock")
def attempt(name, act):
    try:
        act()
    except OSError as problem:
        print(name, type(problem).__name__, sep="\\t")
    else:
        print(name, "done", sep="\\t")
attempt("write inside", lambda: (inside / "a").write_text("a"))
attempt("move inside", lambda: [(inside / "b").mkdir(), (inside / "a").rename(inside / "b" / "a")])
attempt("write one", lambda: one.write_text("one"))
attempt("device", lambda: Path(os.devnull).write_text("a"))
attempt("read outside", lambda: (outside / "file").read_text())
attempt("list outside", lambda: list(outside.iterdir()))
attempt("write outside", lambda: (outside / "file").write_text("b"))
attempt("make outside", lambda: (outside / "new").mkdir())
attempt("remove outside", lambda: (outside / "file").unlink())
attempt("move outside", lambda: (inside / "b" / "a").rename(outside / "a"))
attempt("truncate outside", lambda: os.truncate(outside / "file", 0))
attempt("open before", lambda: [kept.write("kept"), kept.close()])
program = subprocess.run(["sh", "-c", f"echo b > {outside}/file"], stderr=subprocess.DEVNULL)
print("program", "done" if program.returncode == 0 else "failed", sep="\\t")
"""


def restricted(tmp_path: Path) -> dict[str, str]:
    inside, outside, one = tmp_path / "inside", tmp_path / "outside", tmp_path / "one"
    inside.mkdir()
    outside.mkdir()
    one.touch()
    (outside / "file").write_text("mine")
    command = [sys.executable, "-c", CHILD, *map(str, (inside, outside, one))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stderr == "no landlock\n":
        pytest.skip("this kernel has no Landlock")
    assert done.returncode == 0, done.stderr
    assert (outside / "file").read_text() == "mine"
    return dict(line.split("\t") for line in done.stdout.splitlines())


def test_writing_is_allowed_inside_only_and_reading_everywhere(tmp_path: Path) -> None:
    told = restricted(tmp_path)
    for allowed in (
        "write inside",
        "move inside",
        "write one",
        "device",
        "read outside",
        "list outside",
        "open before",
    ):
        assert told[allowed] == "done"
    for denied in ("write outside", "make outside", "remove outside", "truncate outside"):
        assert told[denied] == "PermissionError"
    assert told["move outside"] in ("PermissionError", "OSError")  # or "other device", which leads to a copy
    assert told["program"] == "failed"


def test_elsewhere_than_on_linux_nothing_is_restricted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert restrict_writes([]) is False
    (tmp_path / "file").write_text("still free")
