"""Mirrors training/sandbox/first_write_copies.py: a process is killed at every event, and all is as it was."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies, PutBack, forget, put_back
from ratecraft.training.sandbox.write_events import guarding


def tree_of(folder: Path) -> dict[str, object]:
    """Every path with its kind, mode, contents and, of files, its time."""
    tree: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        if path.is_symlink():
            content: object = ("link", str(path.readlink()))
        elif path.is_dir():
            content = ("folder", stat.S_IMODE(facts.st_mode))
        else:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            content = ("file", stat.S_IMODE(facts.st_mode), facts.st_mtime_ns, digest)
        tree[str(path.relative_to(folder))] = content
    return tree


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "checkpoints" / "old").mkdir(parents=True)
    (folder / "log.csv").write_text("step,loss\n0,1.0\n")
    (folder / "best.pt").write_bytes(bytes(range(256)) * 40)
    (folder / "best.pt").chmod(0o640)
    (folder / "checkpoints" / "1.pt").write_bytes(b"one")
    (folder / "checkpoints" / "old" / "0.pt").write_bytes(b"zero")
    (folder / "latest").symlink_to("checkpoints/1.pt")
    (folder / "elsewhere").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data.bin").write_bytes(b"data")
    with sqlite3.connect(folder / "runs.db") as database:
        database.execute("create table runs (step)")
    database.close()
    for path in folder.rglob("*"):
        if not path.is_symlink():
            os.utime(path, ns=(10**18, 10**18 + 7))
    return folder


def write(path: Path) -> None:
    path.write_text("new")


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("new")


def insert(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("insert into runs values (1)")
    database.commit()
    database.close()


def change_twice(home: Path) -> None:
    write(home / "best.pt")
    (home / "best.pt").unlink()
    (home / "best.pt").mkdir()
    write(home / "best.pt" / "a")


def write_at_descriptor(home: Path) -> None:
    folder = os.open(home / "checkpoints", os.O_RDONLY)
    os.rename("1.pt", "2.pt", src_dir_fd=folder, dst_dir_fd=folder)
    os.close(folder)


CHANGES: dict[str, Callable[[Path], object]] = {
    "overwrite": lambda home: write(home / "best.pt"),
    "append": lambda home: append(home / "log.csv"),
    "make": lambda home: write(home / "new.pt"),
    "make folders": lambda home: [(home / "a" / "b").mkdir(parents=True), write(home / "a" / "b" / "c")],
    "remove": lambda home: (home / "best.pt").unlink(),
    "replace": lambda home: [write(home / "tmp"), (home / "tmp").replace(home / "best.pt")],
    "rename": lambda home: (home / "best.pt").rename(home / "worst.pt"),
    "rename and write": lambda home: [(home / "best.pt").rename(home / "worst.pt"), append(home / "worst.pt")],
    "rename a folder": lambda home: [
        (home / "checkpoints").rename(home / "kept"),
        append(home / "kept" / "old" / "0.pt"),
        write(home / "kept" / "new.pt"),
    ],
    "remove a folder": lambda home: shutil.rmtree(home / "checkpoints"),
    "move away": lambda home: shutil.move(home / "checkpoints", home / "elsewhere" / "checkpoints"),
    "write through a link": lambda home: append(home / "latest"),
    "turn a link": lambda home: [(home / "latest").unlink(), (home / "latest").symlink_to("best.pt")],
    "link to a folder in place of it": lambda home: [
        shutil.rmtree(home / "checkpoints"),
        (home / "checkpoints").symlink_to(home / "elsewhere"),
        write(home / "checkpoints" / "data.bin"),
    ],
    "hard link": lambda home: [(home / "twin").hardlink_to(home / "best.pt"), append(home / "twin")],
    "mode": lambda home: [(home / "best.pt").chmod(0o400), (home / "checkpoints").chmod(0o500)],
    "time": lambda home: os.utime(home / "best.pt", (0, 0)),
    "truncate": lambda home: os.truncate(home / "best.pt", 3),
    "database": lambda home: insert(home / "runs.db"),
    "outside": lambda home: append(home.parent / "elsewhere" / "data.bin"),
    "file becomes folder": change_twice,
    "by the folder's descriptor": write_at_descriptor,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_kind_of_change_is_put_back(change: Callable[[Path], object], home: Path) -> None:
    before = tree_of(home.parent)
    store = home.parent / "store"
    guard = FirstWriteCopies(store, home.parent)  # all of the test's folder, which lies in the temporary one
    with guarding(guard):
        change(home)
    assert tree_of(home.parent) != before
    assert put_back(store, home.parent).left == ()
    assert tree_of(home.parent) == before


def test_putting_back_says_what_it_did_and_does_it_once(home: Path) -> None:
    store = home / ".ratecraft" / "copies"
    with guarding(FirstWriteCopies(store, home)):
        append(home / "log.csv")
        write(home / "new.pt")
    assert put_back(store, home) == PutBack((str(home / "log.csv"),), (str(home / "new.pt"),))
    append(home / "log.csv")
    assert put_back(store, home) == PutBack()
    assert (home / "log.csv").read_text().endswith("new")


def test_a_folder_that_was_moved_since_is_put_back_where_it_is(home: Path) -> None:
    before = tree_of(home)
    with guarding(FirstWriteCopies(home / ".ratecraft" / "copies", home)):
        append(home / "log.csv")
    moved = home.rename(home.with_name("moved"))
    put_back(moved / ".ratecraft" / "copies", moved)
    shutil.rmtree(moved / ".ratecraft")
    assert tree_of(moved) == before


def test_files_that_the_run_did_not_record_stay(home: Path) -> None:
    store = home.parent / "store"
    with guarding(FirstWriteCopies(store, home)):
        (home / "out").mkdir()
    write(home / "out" / "mine.txt")
    assert put_back(store, home) == PutBack(left=(str(home / "out"),))
    assert (home / "out" / "mine.txt").exists()


def test_copies_stay_while_something_stands_in_an_originals_way(home: Path) -> None:
    store = home.parent / "store"
    with guarding(FirstWriteCopies(store, home)):
        (home / "best.pt").unlink()
        (home / "best.pt").mkdir()
    write(home / "best.pt" / "mine.txt")
    assert put_back(store, home).left == (str(home / "best.pt"),)
    shutil.rmtree(home / "best.pt")
    assert put_back(store, home).restored == (str(home / "best.pt"),)
    assert (home / "best.pt").stat().st_size == 256 * 40


def test_what_is_no_work_of_the_user_is_not_recorded(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    store, cache = home / ".ratecraft" / "copies", home / "cache"
    temporary = tmp_path_factory.mktemp("temporary") / "file"
    cache.mkdir()
    with guarding(FirstWriteCopies(store, home, ignored=(cache,))):
        write(Path(os.devnull))
        write(temporary)
        write(cache / "weights")
        (home / "__pycache__").mkdir()
        write(home / "__pycache__" / "module.pyc")
        write(home / ".ratecraft" / "study.sqlite")
    assert put_back(store, home) == PutBack()


def test_reading_records_nothing(home: Path) -> None:
    with guarding(FirstWriteCopies(home.parent / "store", home)):
        (home / "log.csv").read_text()
        list(home.iterdir())
    assert put_back(home.parent / "store", home) == PutBack()


def test_a_torn_line_is_passed_over_and_the_first_of_a_path_counts(home: Path) -> None:
    store = home.parent / "store"
    before = tree_of(home)
    with guarding(FirstWriteCopies(store, home)):
        append(home / "log.csv")
    manifest = store / "manifest.jsonl"
    lines = manifest.read_text()
    with manifest.open("a") as file:
        file.write(lines.strip()[:30])
    with guarding(FirstWriteCopies(store, home)):  # the next process goes on with the store
        append(home / "log.csv")
        append(home / "best.pt")
    assert [json.loads(line)["path"] for line in manifest.read_text().splitlines() if line.endswith("}")] == [
        "log.csv",
        "best.pt",
    ]
    put_back(store, home)
    assert tree_of(home) == before


def test_forgetting_drops_the_copies_and_changes_nothing(home: Path) -> None:
    store = home.parent / "store"
    with guarding(FirstWriteCopies(store, home)):
        append(home / "log.csv")
    after = tree_of(home)
    forget(store)
    forget(store)
    assert not store.exists()
    assert put_back(store, home) == PutBack()
    assert tree_of(home) == after


# For many k (in the long set for every one) a forked process works in its own copy of the folder and is killed by
# SIGKILL at its k-th event, those of the guard itself included; then putting back is killed too, and done again.
KILLED = """
import os, random, shutil, signal, sqlite3, sys
from pathlib import Path
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies, put_back
from ratecraft.training.sandbox.write_events import guarding

def work(home, dice):
    names = ["best.pt", "log.csv", "latest", "new.pt", "checkpoints/1.pt", "checkpoints/2.pt", "made/a", "made/deep/b"]
    folders = ["checkpoints", "made", "checkpoints/old", "moved"]
    def name(): return home / dice.choice(names)
    def folder(): return home / dice.choice(folders)
    acts = [
        lambda: name().write_text("new" * dice.randrange(2000)),
        lambda: name().open("a").write("more"),
        lambda: name().unlink(),
        lambda: name().replace(name()),
        lambda: folder().rename(folder()),
        lambda: (home / "made" / "deep").mkdir(parents=True, exist_ok=True),
        lambda: shutil.rmtree(folder()),
        lambda: (home / "latest").symlink_to(name()),
        lambda: name().chmod(0o600),
        lambda: sqlite3.connect(home / "runs.db").execute("insert into runs values (1)").connection.commit(),
    ]
    for _ in range(25):
        try:
            dice.choice(acts)()
        except OSError:
            pass

def killed_at(count, act):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = count
    def hook(event, arguments):
        nonlocal left
        if event.startswith(("open", "os.", "shutil.", "sqlite3.connect")) and event != "os.kill":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sync = os.fsync
    def fsync(descriptor):
        hook("os.fsync", ())
        sync(descriptor)
    os.fsync = fsync
    sys.addaudithook(hook)
    act()
    os._exit(0)

base, seed = Path(sys.argv[1]), int(sys.argv[2])
dice = random.Random(seed)
count = 0
while True:
    count += dice.randrange(1, 2 * int(sys.argv[3]))
    home, store = base / f"{seed}-{count}", base / f"{seed}-{count}.store"
    shutil.copytree(base / "home", home, symlinks=True)
    def run():
        with guarding(FirstWriteCopies(store, home)):
            work(home, random.Random(seed))
    if not killed_at(count, run):  # it came to its end
        break
    killed_at(dice.randrange(1, 40), lambda: put_back(store, home))
    put_back(store, home)
    print(count)
"""


@pytest.mark.parametrize(
    ("seed", "stride"), [(0, 3), (1, 3), *(pytest.param(seed, 1, marks=pytest.mark.soak) for seed in range(2, 12))]
)
def test_killed_at_any_event_all_is_put_back(seed: int, stride: int, home: Path) -> None:
    (home / "elsewhere").unlink()
    before = tree_of(home)
    command = [sys.executable, "-c", KILLED, str(home.parent), str(seed), str(stride)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    killed = [home.parent / f"{seed}-{count}" for count in done.stdout.split()]
    assert len(killed) > 20
    assert [run.name for run in killed if tree_of(run) != before] == []
