"""Mirrors training/sandbox/hiding.py: what is hidden is back afterwards, but for what was written anew."""

from pathlib import Path

import pytest

from ratecraft.training.sandbox.first_write_copies import put_back
from ratecraft.training.sandbox.hiding import bring_back, put_aside


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "out" / "checkpoint-1").mkdir(parents=True)
    (home / "last.pt").write_text("old")
    (home / "link.pt").symlink_to("last.pt")
    (home / "out" / "notes.txt").write_text("old")
    (home / "out" / "checkpoint-1" / "model.pt").write_text("old")
    return home


def hide(home: Path) -> Path:
    study = home.parent / "study"
    put_aside(("last.pt", "link.pt", "out", "missing.pt"), home, study / "copies", study / "aside")
    return study


def contents(home: Path) -> dict[str, str]:
    return {str(path.relative_to(home)): path.read_text() for path in sorted(home.rglob("*")) if path.is_file()}


def test_nothing_hidden_is_seen_and_all_is_back_that_was_not_written_anew(home: Path) -> None:
    study = hide(home)
    assert list(home.iterdir()) == []
    (home / "out").mkdir()
    (home / "out" / "notes.txt").write_text("new")
    bring_back(home, study / "aside")
    assert contents(home) == {
        "last.pt": "old", "link.pt": "old", "out/checkpoint-1/model.pt": "old", "out/notes.txt": "new"
    }  # fmt: skip
    assert (home / "link.pt").is_symlink()
    assert not (study / "aside").exists()


def test_after_an_interrupted_run_all_is_put_back_as_it_was_and_can_be_hidden_again(home: Path) -> None:
    before = contents(home)
    study = hide(home)
    put_back(study / "copies", home)
    assert contents(home) == before
    hide(home)
    assert list(home.iterdir()) == []
