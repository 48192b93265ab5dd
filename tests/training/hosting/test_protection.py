"""Mirrors training/hosting/protection.py: what is denied is told. Whole probes are in test_starting.py."""

from pathlib import Path

import pytest

from ratecraft.training.hosting.protection import _Denials
from ratecraft.training.sandbox.first_write import CopyOnFirstWrite
from ratecraft.training.sandbox.mirror import mirror


@pytest.fixture
def denied() -> list[Path]:
    return []


@pytest.fixture
def guard(tmp_path: Path, denied: list[Path]) -> _Denials:
    (tmp_path / "home").mkdir()
    (tmp_path / "outside").mkdir()
    return _Denials(CopyOnFirstWrite(mirror(tmp_path / "home", tmp_path / "mirror"), ()), denied.append)


def test_what_is_allowed_is_not_told(guard: _Denials, tmp_path: Path, denied: list[Path]) -> None:
    guard.contents(tmp_path / "mirror" / "new.txt", truncates=True)
    guard.name(tmp_path / "mirror" / "new")
    guard.folder(tmp_path / "mirror")
    assert denied == []


def test_a_denied_write_is_told_and_stays_denied(guard: _Denials, tmp_path: Path, denied: list[Path]) -> None:
    place = tmp_path / "outside" / "best.pt"
    with pytest.raises(PermissionError, match=r"best\.pt"):
        guard.contents(place, truncates=True)
    with pytest.raises(PermissionError, match=r"best\.pt"):
        guard.name(place)
    assert denied == [place, place]


def test_of_a_denied_move_the_end_that_was_denied_is_told(guard: _Denials, tmp_path: Path, denied: list[Path]) -> None:
    inside, outside = tmp_path / "mirror" / "part", tmp_path / "outside" / "best.pt"
    for source, target in ((inside, outside), (outside, inside)):
        with pytest.raises(PermissionError):
            guard.move(source, target)
    assert denied == [outside, outside]


def test_making_a_folder_that_is_there_is_denied_but_not_told(
    guard: _Denials, tmp_path: Path, denied: list[Path]
) -> None:
    with pytest.raises(PermissionError):
        guard.name(tmp_path / "outside")
    assert denied == []
