"""Mirrors training/sandbox/mirror.py."""

import os
from pathlib import Path

import pytest

from ratecraft.training.sandbox import mirror as module
from ratecraft.training.sandbox.mirror import kept_whole, mirror, remove_mirror


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "data" / "images").mkdir(parents=True)
    (folder / "train.py").write_text("print(1)")
    (folder / "data" / "prepare.py").write_text("print(2)")
    (folder / "data" / "images" / "0.png").write_bytes(b"png")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "pip.py").write_text("")
    (folder / ".ratecraft").mkdir()
    return folder


def test_folders_are_real_sources_are_copies_and_other_files_are_links(home: Path) -> None:
    made = mirror(home, home / ".ratecraft" / "1")
    for folder in ("data", "data/images"):
        assert not (made / folder).is_symlink()
    for source in ("train.py", "data/prepare.py"):
        assert not (made / source).is_symlink()
        assert (made / source).read_text() == (home / source).read_text()
        assert (made / source).stat().st_mtime_ns == (home / source).stat().st_mtime_ns
    assert (made / "data" / "images" / "0.png").readlink() == home / "data" / "images" / "0.png"


def test_the_studies_and_the_mirror_itself_are_left_out(home: Path) -> None:
    (home / "study").mkdir()
    made = mirror(home, home / "study" / "1", leave_out=[home / "data"])
    assert sorted(path.name for path in made.iterdir()) == [".venv", "study", "train.py"]
    assert list((made / "study").iterdir()) == []


def test_the_mirror_is_returned_without_links(home: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(home / ".ratecraft")
    assert mirror(home, tmp_path / "linked" / "1") == home / ".ratecraft" / "1"


def test_a_link_that_leads_to_itself_is_one_in_the_mirror_too(home: Path) -> None:
    (home / "loop").symlink_to("loop")
    made = mirror(home, home / ".ratecraft" / "1")
    assert (made / "loop").is_symlink()
    assert not (made / "loop").exists()


@pytest.mark.parametrize("name", [".git", ".venv", "__pycache__", "environment"])
def test_heavy_folders_are_linked_as_a_whole(name: str, home: Path) -> None:
    (home / name).mkdir(exist_ok=True)
    (home / name / ("pyvenv.cfg" if name == "environment" else "file")).write_text("")
    assert (mirror(home, home / ".ratecraft" / "1") / name).readlink() == home / name


def test_folders_with_very_many_files_are_linked_as_a_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 10)
    for number in range(9):
        (home / "data" / "images" / f"{number}.png").touch()
    made = mirror(home, home / ".ratecraft" / "1")
    assert (made / "data").is_symlink()
    assert not kept_whole(home / "data", counted=True)
    (home / "data" / "images" / "8.png").unlink()
    assert not (mirror(home, home / ".ratecraft" / "2") / "data").is_symlink()


def test_links_within_the_folder_stay_within_the_mirror(home: Path, tmp_path: Path) -> None:
    (home / "first").symlink_to("data/images/0.png")
    (home / "data" / "also").symlink_to(home / "data" / "images", target_is_directory=True)
    (home / "outside").symlink_to(tmp_path)
    (home / "nowhere").symlink_to(tmp_path / "nothing")
    made = mirror(home, home / ".ratecraft" / "1")
    assert made / "first" != (made / "first").readlink()
    assert (made / "first").readlink() == Path("data/images/0.png")
    assert (made / "data" / "also").resolve() == made / "data" / "images"
    assert (made / "outside").readlink() == tmp_path
    assert not (made / "nowhere").exists()


def test_special_files_are_links(home: Path) -> None:
    os.mkfifo(home / "pipe.py")
    assert (mirror(home, home / ".ratecraft" / "1") / "pipe.py").is_symlink()


def test_a_place_that_exists_is_refused(home: Path) -> None:
    with pytest.raises(FileExistsError, match="data"):
        mirror(home, home / "data")


def test_removing_a_mirror_leaves_the_originals(home: Path) -> None:
    made = mirror(home, home / ".ratecraft" / "1")
    (made / "new").mkdir()
    (made / "new" / "file").write_text("")
    (made / "new").chmod(0o500)
    remove_mirror(made)
    remove_mirror(made)
    assert not made.exists()
    assert (home / "data" / "images" / "0.png").read_bytes() == b"png"
