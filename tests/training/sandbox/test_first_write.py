"""Mirrors training/sandbox/first_write.py: real ways to write, in a mirror, with and without Landlock."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ratecraft.training.sandbox.fingerprint import changes, fingerprint
from ratecraft.training.sandbox.first_write import CopyOnFirstWrite
from ratecraft.training.sandbox.mirror import mirror
from ratecraft.training.sandbox.write_events import guarding


def make_home(folder: Path) -> Path:
    (folder / "out" / "deep").mkdir(parents=True)
    (folder / ".venv").mkdir()
    for name in ("best.pt", "log.csv", "raw.bin", "out/deep/a.txt", ".venv/b.txt"):
        (folder / name).write_text(f"the original {name}")
    with sqlite3.connect(folder / "runs.db") as database:
        database.execute("create table runs (step)")
    database.close()
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18 + 7))
    return folder


def tree_of(folder: Path) -> dict[str, tuple[str, int, int]]:
    return {
        str(path.relative_to(folder)): (
            "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if ".ratecraft" not in path.parts
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home")


@pytest.fixture
def scratch(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder is a guarded mirror; afterwards the originals are as they were."""
    before = tree_of(home)
    made = mirror(home, home / ".ratecraft" / "1")
    monkeypatch.chdir(made)
    with guarding(CopyOnFirstWrite(made, [Path("/dev")])):
        yield made
    assert tree_of(home) == before


def test_a_file_is_copied_before_its_bytes_change(scratch: Path) -> None:
    with Path("log.csv").open("a") as file:
        file.write(", and more")
    assert (scratch / "log.csv").read_text() == "the original log.csv, and more"
    assert not (scratch / "log.csv").is_symlink()


def test_a_file_that_is_written_anew_is_not_copied(scratch: Path) -> None:
    Path("best.pt").open("w").close()
    assert (scratch / "best.pt").read_bytes() == b""


def test_reading_leaves_the_link(scratch: Path) -> None:
    assert Path("best.pt").read_text() == "the original best.pt"
    assert (scratch / "best.pt").is_symlink()


def test_writing_below_a_linked_folder_makes_it_real(scratch: Path) -> None:
    Path(".venv/b.txt").write_text("new")
    Path(".venv/c/d").mkdir(parents=True)
    assert not (scratch / ".venv").is_symlink()
    assert (scratch / ".venv" / "b.txt").read_text() == "new"


def test_working_inside_a_linked_folder_stays_in_the_mirror(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(".venv")
    assert Path.cwd() == scratch / ".venv"
    Path("b.txt").write_text("new")


def test_a_linked_folder_can_be_emptied(scratch: Path) -> None:
    shutil.rmtree(".venv")
    assert not (scratch / ".venv").exists()


def test_links_within_the_mirror_stay_links(scratch: Path) -> None:
    Path("latest").symlink_to("out/deep/a.txt")
    Path("latest").write_text("new")
    assert (scratch / "latest").is_symlink()
    assert (scratch / "out" / "deep" / "a.txt").read_text() == "new"


def test_a_moved_link_is_still_copied_before_it_is_written(scratch: Path) -> None:
    Path("best.pt").rename("out/moved.pt")
    with Path("out/moved.pt").open("a") as file:
        file.write(", and more")
    assert (scratch / "out" / "moved.pt").read_text() == "the original best.pt, and more"


def test_a_second_name_of_a_file_is_one_of_the_copy(scratch: Path) -> None:
    Path("twin").hardlink_to("best.pt")
    Path("twin").write_text("new")
    assert (scratch / "best.pt").read_text() == "new"


def test_attributes_count_as_writing(scratch: Path) -> None:
    Path("best.pt").chmod(0o600)
    os.utime("log.csv", (0, 0))
    assert not (scratch / "best.pt").is_symlink()
    assert not (scratch / "log.csv").is_symlink()


def test_a_link_that_leads_nowhere_makes_no_file_outside(scratch: Path, tmp_path: Path) -> None:
    (scratch / "nowhere").symlink_to(tmp_path / "nothing")
    Path("nowhere").write_text("new")
    assert not (tmp_path / "nothing").exists()
    assert (scratch / "nowhere").read_text() == "new"


def test_a_ring_of_links_is_the_usual_error(scratch: Path) -> None:
    (scratch / "ring").symlink_to("ring")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        Path("ring").write_text("new")


def test_devices_are_written_to_as_they_are(scratch: Path) -> None:
    (scratch / "null").symlink_to(os.devnull)
    Path("null").write_text("new")
    assert (scratch / "null").is_symlink()


@pytest.mark.usefixtures("scratch")
def test_a_path_outside_is_denied_as_the_kernel_does(home: Path) -> None:
    for act in ((home / "best.pt").write_text, (home / "new").write_text):
        with pytest.raises(PermissionError, match=r"Permission denied: '.*/home/(best\.pt|new)'"):
            act("new")
    for act in ((home / "best.pt").unlink, (home / "new").mkdir, lambda: (home / "best.pt").rename("mine")):
        with pytest.raises(PermissionError):
            act()


@pytest.mark.usefixtures("scratch")
def test_a_path_that_leads_back_through_the_parent_is_denied() -> None:
    with pytest.raises(PermissionError):
        Path("out/../../../best.pt").write_text("new")


# Every way to write runs in a forked process of its own, in a fresh mirror; torch is loaded once.
WAYS = """
import json, mmap, os, sqlite3, subprocess, sys
from pathlib import Path
import numpy as np, torch
from ratecraft.training.sandbox.first_write import CopyOnFirstWrite
from ratecraft.training.sandbox.landlock import restrict_writes
from ratecraft.training.sandbox.mirror import mirror
from ratecraft.training.sandbox.write_events import guarding
torch.set_num_threads(1)

def insert():
    database = sqlite3.connect("runs.db")
    database.execute("insert into runs values (1)")
    database.commit()

def replace():
    Path("tmp").write_text("new")
    os.replace("tmp", "best.pt")

def memmap():
    array = np.memmap("raw.bin", dtype=np.uint8, mode="r+")
    array[:] = 0
    array.flush()

home = Path(sys.argv[1])
ways = {
    "open w": lambda: Path("best.pt").write_text("new"),
    "open a": lambda: print("new", file=open("log.csv", "a")),
    "torch.save": lambda: torch.save({"weight": torch.zeros(3)}, "best.pt"),
    "torch.save in a linked folder": lambda: torch.save({}, Path(".venv/b.txt")),
    "memmap": memmap,
    "os.replace": replace,
    "sqlite": insert,
    "makedirs": lambda: [os.makedirs(".venv/x/y"), Path(".venv/x/y/z").write_text("new")],
    "absolute path": lambda: (home / "best.pt").write_text("new"),
    "torch.save to an absolute path": lambda: torch.save({}, home / "best.pt"),
    "program": lambda: subprocess.run(["sh", "-c", "echo new > best.pt"], check=True, stderr=subprocess.DEVNULL),
    "program that makes a file": lambda: subprocess.run(["sh", "-c", "echo new > new.txt"], check=True),
}
names = sys.argv[3:] or list(ways)
for name in names:
    scratch = mirror(home, home / ".ratecraft" / name)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.chdir(scratch)
        restricted = sys.argv[2] == "landlock" and restrict_writes([scratch, Path("/dev")])
        if sys.argv[2] == "landlock" and not restricted:
            os.write(writer, b"no landlock")
            os._exit(0)
        with guarding(CopyOnFirstWrite(scratch, [Path("/dev")])):
            try:
                ways[name]()
                os.write(writer, b"done")
            except BaseException as problem:
                os.write(writer, type(problem).__name__.encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    print(json.dumps([name, os.read(reader, 1000).decode()]))
"""


def written(home: Path, how: str, *names: str) -> dict[str, str]:
    command = [sys.executable, "-c", WAYS, str(home), how, *names]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.stderr == ""
    told = dict(json.loads(line) for line in done.stdout.splitlines())
    if "no landlock" in told.values():
        pytest.skip("this kernel has no Landlock")
    return told


IN_PROCESS = [
    "open w",
    "open a",
    "torch.save",
    "torch.save in a linked folder",
    "memmap",
    "os.replace",
    "sqlite",
    "makedirs",
]
DENIED = ["absolute path", "torch.save to an absolute path"]


def test_with_landlock_every_way_of_writing_leaves_the_originals(home: Path) -> None:
    before = tree_of(home)
    told = written(home, "landlock")
    assert tree_of(home) == before
    assert told == {
        **dict.fromkeys(IN_PROCESS, "done"),
        **dict.fromkeys(DENIED, "PermissionError"),
        "program": "CalledProcessError",
        "program that makes a file": "done",
    }


def test_without_landlock_every_way_of_this_process_leaves_the_originals(home: Path) -> None:
    before = tree_of(home)
    told = written(home, "hook only", *IN_PROCESS, *DENIED)
    assert tree_of(home) == before
    assert told == {**dict.fromkeys(IN_PROCESS, "done"), **dict.fromkeys(DENIED, "PermissionError")}


def test_without_landlock_a_program_that_writes_through_a_link_is_found_afterwards(home: Path) -> None:
    before = fingerprint(home)
    scratch = mirror(home, home / ".ratecraft" / "1")
    subprocess.run(["/bin/sh", "-c", "echo new > best.pt"], check=True, cwd=scratch)
    assert changes(before, fingerprint(home)).changed == ("best.pt",)
