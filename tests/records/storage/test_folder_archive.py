"""Mirrors ratecraft/records/storage/folder_archive.py."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.folder_archive import pack, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code, data within and data without."""
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "src").mkdir(parents=True)
    (folder / "empty").mkdir()
    (outside / "deep").mkdir(parents=True)
    (folder / "src" / "train.sh").write_text("echo 1")
    (folder / "src" / "train.sh").chmod(0o755)
    os.utime(folder / "src" / "train.sh", (1e9, 1e9))
    (outside / "deep" / "data").write_bytes(b"12345678")
    (folder / "latest").symlink_to("src/train.sh")
    (folder / "data").symlink_to(outside)
    return folder


def copy_of(folder: Path, place: Path, **how: object) -> Path:
    archive = io.BytesIO()
    pack(folder, archive, **how)  # pyright: ignore[reportArgumentType]
    archive.seek(0)
    unpack(archive, place)
    return place


def test_a_copy_has_files_times_modes_folders_and_links(folder: Path, tmp_path: Path) -> None:
    copy = copy_of(folder, tmp_path / "copy")
    found = sorted(str(path.relative_to(copy)) for path in copy.rglob("*"))
    assert found == ["data", "data/deep", "data/deep/data", "empty", "latest", "src", "src/train.sh"]
    assert (copy / "src" / "train.sh").stat().st_mtime == 1e9
    assert os.access(copy / "src" / "train.sh", os.X_OK)
    assert str((copy / "latest").readlink()) == "src/train.sh"


def test_what_lies_outside_is_in_the_copy_itself(folder: Path, tmp_path: Path) -> None:
    copy = copy_of(folder, tmp_path / "copy")
    assert not (copy / "data").is_symlink()
    assert (copy / "data" / "deep" / "data").read_bytes() == b"12345678"


def test_what_is_left_out_is_left_out_with_all_that_is_in_it(folder: Path, tmp_path: Path) -> None:
    copy = copy_of(folder, tmp_path / "copy", leaves_out=lambda path: path.name == "src")
    assert not (copy / "src").exists()
    assert (copy / "empty").exists()


@pytest.mark.parametrize(("most", "fits"), [(14, True), (13, False)])
def test_no_more_is_packed_than_may_be(most: int, fits: bool, folder: Path) -> None:
    if fits:
        pack(folder, io.BytesIO(), most=most)
        return
    with pytest.raises(InvalidInput, match="too much to send"):
        pack(folder, io.BytesIO(), most=most)


def test_a_link_into_a_folder_around_it_is_refused(folder: Path) -> None:
    (folder / "data" / "deep" / "up").symlink_to(folder.parent / "outside")
    with pytest.raises(InvalidInput, match="a folder that contains it"):
        pack(folder, io.BytesIO())


class Changing(io.BytesIO):
    """An archive; the first byte that it is given lets something happen to what is packed."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens: Callable[[], object] | None = happens

    def write(self, content: Any, /) -> int:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        return super().write(content)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The only file of a folder."""
    (tmp_path / "alone").mkdir()
    path = tmp_path / "alone" / "train.log"
    path.write_text("step 1")
    return path


def test_of_a_file_that_grows_meanwhile_so_much_is_packed_as_there_was(log: Path, tmp_path: Path) -> None:
    archive = Changing(lambda: log.write_text("step 1, step 2"))
    pack(log.parent, archive)
    archive.seek(0)
    unpack(archive, tmp_path / "copy")
    assert log.read_text() == "step 1, step 2"
    assert (tmp_path / "copy" / "train.log").read_text() == "step 1"


def test_a_file_that_is_cut_meanwhile_is_named(log: Path) -> None:
    with pytest.raises(InvalidInput, match=r"alone/train\.log cannot be packed: unexpected end of data") as refused:
        pack(log.parent, Changing(lambda: log.write_text("")))
    assert "--shared-folder" in refused.value.hint()


def test_a_link_to_itself_is_named(log: Path) -> None:
    (log.parent / "around").symlink_to("around")
    with pytest.raises(InvalidInput, match=r"alone/around cannot be packed: Symlink loop"):
        pack(log.parent, io.BytesIO())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["train.log", ""])
def test_what_may_not_be_read_is_named(name: str, log: Path) -> None:
    secret = log.parent / name
    secret.chmod(0)
    with pytest.raises(InvalidInput, match=f"{secret} cannot be packed: Permission denied"):
        pack(log.parent, io.BytesIO())
    secret.chmod(0o700)


def test_a_full_disk_of_the_archive_is_not_laid_on_what_is_packed(log: Path) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        pack(log.parent, Changing(full))


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../elsewhere"))
    archive.seek(0)
    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(archive, tmp_path / "copy")
    assert not (tmp_path / "elsewhere").exists()
