"""What a run did in its mirror is done in the user's folder, and can be undone."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ratecraft.training.sandbox.bringing_home import bring_home, entries_of
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies, put_back
from ratecraft.training.sandbox.mirror import mirror


def state(folder: Path) -> dict[str, str]:
    """Every path to what it is: a link and its target, a folder, or the text of a file."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[name] = f"-> {path.readlink()}" if path.is_symlink() else "/" if path.is_dir() else path.read_text()
    return found


def home(folder: Path) -> Path:
    """A working folder before a run."""
    for name in ("data/part.csv", "data/whole.csv", "log.csv", "train.py", "old/deep/best.pt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} of before\n")
    (folder / "empty").mkdir()
    (folder / "latest.pt").symlink_to("old/deep/best.pt")
    return folder


def replaced(path: Path, text: str) -> None:
    """Write as the protection of a mirror does: a link's place is taken by a file."""
    path.unlink(missing_ok=True)
    path.write_text(text)


def removes(run: Path) -> None:
    (run / "data/part.csv").unlink()
    shutil.rmtree(run / "old")
    (run / "empty").rmdir()


def renames(run: Path) -> None:
    (run / "data/whole.csv").rename(run / "data/moved.csv")
    (run / "log.csv").rename(run / "old/log.csv")


def writes(run: Path) -> None:
    replaced(run / "log.csv", "new\n")
    (run / "made/deep").mkdir(parents=True)
    (run / "made/deep/best.pt").write_text("weights")


def links(run: Path) -> None:
    (run / "epoch3.pt").write_text("weights")
    (run / "latest.pt").unlink()
    (run / "latest.pt").symlink_to("epoch3.pt")
    (run / "whole.pt").symlink_to(run / "epoch3.pt")


def touches_nothing(run: Path) -> None:
    assert (run / "log.csv").read_text()


@pytest.mark.parametrize("act", [removes, renames, writes, links, touches_nothing])
def test_the_folder_becomes_what_the_run_would_have_made_of_it(act: Callable[[Path], None], tmp_path: Path) -> None:
    ours, alone = home(tmp_path / "ours"), home(tmp_path / "alone")
    before = state(ours)
    run = mirror(ours, tmp_path / "run")
    begun = entries_of(run)
    act(run)
    act(alone)
    bring_home(run, ours, FirstWriteCopies(tmp_path / "store", ours), begun)
    expected = {name: text.replace(str(alone), str(ours)) for name, text in state(alone).items()}
    assert state(ours) == expected
    put_back(tmp_path / "store", ours)
    assert state(ours) == before


def test_what_came_to_the_folder_since_is_left_alone(tmp_path: Path) -> None:
    folder = home(tmp_path / "ours")
    run = mirror(folder, tmp_path / "run")
    begun = entries_of(run)
    removes(run)
    (folder / "old/mine.txt").write_text("mine")
    (folder / "new.txt").write_text("mine")
    bring_home(run, folder, FirstWriteCopies(tmp_path / "store", folder), begun)
    assert (folder / "old/mine.txt").read_text() == (folder / "new.txt").read_text() == "mine"
    assert not (folder / "old/deep").exists()


def test_a_file_that_the_user_removed_meanwhile_is_no_problem(tmp_path: Path) -> None:
    folder = home(tmp_path / "ours")
    run = mirror(folder, tmp_path / "run")
    begun = entries_of(run)
    removes(run)
    os.unlink(folder / "data/part.csv")  # noqa: PTH108 - as the user's shell does
    bring_home(run, folder, FirstWriteCopies(tmp_path / "store", folder), begun)
    assert not (folder / "data/part.csv").exists()
