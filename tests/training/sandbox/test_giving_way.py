"""Mirrors training/sandbox/giving_way.py: it is killed at every one of its steps, and called again."""

import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.giving_way import give_way

OPERATIONS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.copystat", "shutil.rmtree", "os.utime")
BASELINE = {"best.pt": "of the baseline", "log.csv": "an earlier run\nand the baseline\n", "runs/0/figures": "1.0"}
TUNED = {"best.pt": "of the tuned run", "log.csv": "an earlier run\nand the tuned run\n", "runs/1/figures": "2.0"}


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


class Place:
    """A working folder in which a full run has written, and a study that keeps what it found."""

    def __init__(self, folder: Path, tuned: dict[str, str]) -> None:
        self.home, self.study = folder / "home", folder / "study"
        self.store, self.baseline = self.study / "first-writes", self.study / "baseline"
        self.kept = self.study / "run-tuned" if tuned else None
        for name, text in BASELINE.items():
            (self.baseline / name).parent.mkdir(parents=True, exist_ok=True)
            (self.baseline / name).write_text(text)
        self.home.mkdir()
        for name in ("log.csv", "old.pt", "mine.txt"):
            (self.home / name).write_text("an earlier run\n")
        before = FirstWriteCopies(self.store, self.home) if tuned else None
        for name, text in tuned.items():
            assert before is not None
            path = self.home / name
            for parent in reversed(path.parents[: len(Path(name).parents) - 1]):
                before.name(parent)
                parent.mkdir(exist_ok=True)
            before.contents(path, truncates=True)
            path.write_text(text)
        if before is not None:
            before.name(self.home / "old.pt")
            (self.home / "old.pt").unlink()

    def settle(self) -> None:
        assert give_way(self.store, self.home, self.baseline, self.kept).lost == ()

    def killed_at(self, number: int) -> bool:
        """Settle in a process that is killed before an operation on files; False where it has fewer."""
        child = os.fork()
        if child == 0:  # pragma: no cover - killed, or gone without a word
            left = itertools.count(1)

            def count(event: str, arguments: object) -> None:
                if event in OPERATIONS and next(left) == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(count)
            self.settle()
            os._exit(0)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("tuned", [TUNED, {}], ids=["after a full run", "without one"])
@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.soak)])
def test_the_folder_has_the_files_of_the_baseline_whenever_it_is_killed(
    tuned: dict[str, str], every: int, tmp_path: Path
) -> None:
    wanted = {"old.pt": "an earlier run\n", "mine.txt": "an earlier run\n", **BASELINE}
    for number in itertools.count(1, every):
        (tmp_path / str(number)).mkdir()
        place = Place(tmp_path / str(number), tuned)
        was_killed = place.killed_at(number)
        if was_killed and place.kept is not None:
            place.kept = place.kept if place.store.exists() else None  # as `settle_home` does
        if was_killed:
            place.settle()
        assert contents(place.home) == wanted
        assert not place.store.exists()
        if tuned:
            assert contents(place.study / "run-tuned") == tuned
        if not was_killed:
            assert number > 10
            return


def test_what_stands_in_the_way_is_named_and_nothing_of_the_baseline_is_brought(tmp_path: Path) -> None:
    place = Place(tmp_path, TUNED)
    (place.home / "old.pt").mkdir()
    (place.home / "old.pt" / "unrecorded").write_text("mine")
    done = give_way(place.store, place.home, place.baseline, place.kept)
    assert done.lost == (str(place.home.resolve() / "old.pt"),)
    assert not (place.home / "best.pt").exists()
    assert place.store.exists()
