"""Mirrors training/sandbox/fingerprint.py."""

import os
from pathlib import Path

import pytest

from ratecraft.training.sandbox.fingerprint import Changes, changes, fingerprint


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".ratecraft").mkdir()
    (tmp_path / "data" / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    return tmp_path


def test_an_untouched_folder_has_no_changes(home: Path) -> None:
    found = changes(fingerprint(home), fingerprint(home))
    assert found == Changes()
    assert not found


def test_every_kind_of_change_is_named(home: Path) -> None:
    before = fingerprint(home)
    (home / "data" / "a").write_text("other")
    (home / "b").unlink()
    (home / "data" / "c").write_text("")
    found = changes(before, fingerprint(home))
    assert found == Changes(added=("data/c",), removed=("b",), changed=("data/a",))
    assert found


def test_an_equal_size_with_another_time_is_a_change(home: Path) -> None:
    before = fingerprint(home)
    os.utime(home / "b", ns=(0, 0))
    assert changes(before, fingerprint(home)).changed == ("b",)


def test_studies_and_what_is_left_out_are_not_looked_at(home: Path) -> None:
    before = fingerprint(home, leave_out=[home / "data"])
    (home / ".ratecraft" / "record").write_text("")
    (home / "data" / "a").unlink()
    assert not changes(before, fingerprint(home, leave_out=[home / "data"]))
    assert sorted(before) == [".git", "b"]
