"""Mirrors training/sandbox/write_events.py."""

# ruff: noqa: PTH101, PTH105, PTH107, PTH123, PTH211 - the plain functions are what scripts call

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ratecraft.training.sandbox.write_events import guarding


@dataclass
class Notes:
    """A guard that writes down what it is told, by file names; `raises` is its answer."""

    told: list[tuple[object, ...]] = field(default_factory=list)
    raises: type[BaseException] | None = None

    def contents(self, path: Path, *, truncates: bool) -> None:
        self._note("contents", path, truncates)

    def name(self, path: Path) -> None:
        self._note("name", path)

    def move(self, source: Path, target: Path) -> None:
        self._note("move", source, target)

    def folder(self, path: Path) -> None:
        self._note("folder", path)

    def _note(self, what: str, *values: object) -> None:
        assert all(value.is_absolute() for value in values if isinstance(value, Path))
        self.told.append((what, *(value.name if isinstance(value, Path) else value for value in values)))
        if self.raises:
            raise self.raises("not allowed")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notes]:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("a")
    Path("folder").mkdir()
    notes = Notes()
    with guarding(notes):
        yield notes


@pytest.mark.parametrize(("mode", "truncates"), [("w", True), ("a", False), ("r+", False), ("x", False), ("wb+", True)])
def test_opening_for_writing_is_told(notes: Notes, mode: str, truncates: bool) -> None:
    Path("b" if mode == "x" else "a").open(mode).close()
    assert notes.told == [("contents", "b" if mode == "x" else "a", truncates)]


def test_opening_for_reading_is_not_told(notes: Notes) -> None:
    Path("a").open().close()
    os.close(os.open("a", os.O_RDONLY))
    assert notes.told == []


def test_descriptors_are_not_told_again(notes: Notes) -> None:
    descriptor = os.open("a", os.O_RDWR)
    with open(descriptor, "w"):
        os.truncate(descriptor, 0)
    assert notes.told == [("contents", "a", False)]


def test_names_are_told_with_the_folder_of_a_descriptor(notes: Notes) -> None:
    folder = os.open("folder", os.O_RDONLY)
    os.mkdir("inner", dir_fd=folder)
    os.rename("inner", "other", src_dir_fd=folder, dst_dir_fd=folder)
    os.rmdir("other", dir_fd=folder)
    os.close(folder)
    assert notes.told == [("name", "inner"), ("move", "inner", "other"), ("name", "other")]


def test_every_change_of_the_file_system_is_told(notes: Notes) -> None:
    os.link("a", "b")
    os.symlink("a", b"c")
    os.truncate("a", 0)
    os.chmod("a", 0o600)
    os.utime("a")
    os.replace("a", "d")
    os.remove("d")
    shutil.rmtree("folder")
    assert notes.told[:8] == [
        ("contents", "a", False),
        ("name", "b"),
        ("name", "c"),
        ("contents", "a", False),
        ("contents", "a", False),
        ("contents", "a", False),
        ("move", "a", "d"),
        ("name", "d"),
    ]
    assert notes.told[8] == ("folder", "folder")
    assert notes.told[-1] == ("name", "folder")


def test_the_working_folder_is_told(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("folder")
    assert notes.told == [("folder", "folder")]


@pytest.mark.parametrize("database", ["runs.db", b"runs.db", "file:runs.db?mode=rwc"])
def test_a_database_is_told_with_its_journals(notes: Notes, database: str | bytes) -> None:
    sqlite3.connect(database, uri=True).close()
    names = ["runs.db", "runs.db-journal", "runs.db-wal", "runs.db-shm"]
    assert notes.told == [("contents", name, False) for name in names]


@pytest.mark.parametrize("database", [":memory:", "", "file:a?mode=ro", "file::memory:?mode=memory"])
def test_a_database_that_is_not_written_is_not_told(notes: Notes, database: str) -> None:
    sqlite3.connect(database, uri=True).close()
    assert notes.told == []


def test_what_the_guard_raises_is_the_scripts_and_nothing_changes(notes: Notes) -> None:
    notes.raises = PermissionError
    with pytest.raises(PermissionError, match="not allowed"):
        Path("a").write_text("b")
    assert Path("a").read_text() == "a"


@pytest.mark.usefixtures("notes")
def test_what_the_guard_itself_writes_is_not_told() -> None:
    class Copies(Notes):
        def name(self, path: Path) -> None:
            super().name(path)
            path.with_name("copy").write_text("")

    copies = Copies()
    with guarding(copies):
        Path("new").mkdir()
    assert copies.told == [("name", "new")]


def test_another_thread_is_told_too(notes: Notes) -> None:
    thread = threading.Thread(target=lambda: Path("b").mkdir())
    thread.start()
    thread.join()
    assert notes.told == [("name", "b")]


def test_a_forked_child_is_guarded(notes: Notes) -> None:
    child = os.fork()
    if child == 0:
        Path("b").mkdir()
        os._exit(len(notes.told))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_guards_nest_and_end(notes: Notes) -> None:
    inner = Notes()
    with guarding(inner):
        Path("b").mkdir()
    Path("c").mkdir()
    assert inner.told == [("name", "b")]
    assert notes.told == [("name", "c")]


def test_without_a_guard_nothing_happens(tmp_path: Path) -> None:
    notes = Notes()
    with guarding(notes):
        pass
    (tmp_path / "a").write_text("a")
    assert notes.told == []
