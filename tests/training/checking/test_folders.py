"""Mirrors training/checking/folders.py."""

import os
from pathlib import Path

from ratecraft.training.checking.folders import file_system_of, overlay, room, scratch_room
from ratecraft.training.sandbox.choosing import overlay_problem


def test_a_folder_that_can_be_written_is_fine_and_stays_as_it_was(tmp_path: Path) -> None:
    found = room(tmp_path)
    assert found.state in {"ok", "limited"}  # limited where the disk of the tests is nearly full
    assert found.values["free"] >= 0
    assert list(tmp_path.iterdir()) == []


def test_where_no_file_can_be_made_no_study_can_be_kept() -> None:
    found = room(Path("/proc"))  # denied to root too
    assert (found.code, found.state, found.essential) == ("folder-read-only", "missing", True)


def test_the_room_for_temporary_files_is_told(tmp_path: Path) -> None:
    assert scratch_room(tmp_path).values["folder"] == str(tmp_path)


def test_the_kind_of_file_system_is_told() -> None:
    assert file_system_of(Path("/proc")).values["kind"] == "proc"


def test_overlays_are_judged_as_a_study_judges_them(tmp_path: Path) -> None:
    problem = overlay_problem(tmp_path, os.environ)
    found = overlay(tmp_path, os.environ)
    assert (found.state, found.values.get("reason", "")) == ("limited" if problem else "ok", problem)
