"""Mirrors ratecraft/records/storage/file_systems.py."""

from pathlib import Path

import pytest

from ratecraft.records.storage.file_systems import journal_mode, journal_mode_among, journal_notes
from ratecraft.translations.catalogue import sentence


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "NFS4", "cifs", "smb3", "fuse.sshfs", "lustre", "gpfs", "9p", "beegfs"]
)
def test_network_file_system_gets_the_journal_without_shared_memory(kind: str) -> None:
    assert journal_mode_among([("/", "ext4"), ("/data", kind)], Path("/data/me")) == "DELETE"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "apfs", "fuse.ntfs-3g", ""])
def test_local_file_system_gets_the_write_ahead_log(kind: str) -> None:
    assert journal_mode_among([("/", kind)], Path("/data/me")) == "WAL"


def test_innermost_mount_decides_whatever_the_order() -> None:
    mounts = [("/home/me", "ext4"), ("/home", "nfs"), ("/", "ext4")]
    assert journal_mode_among(mounts, Path("/home/me/work")) == "WAL"
    assert journal_mode_among(mounts, Path("/home/mel")) == "DELETE"


def test_later_of_two_mounts_at_one_point_decides() -> None:
    assert journal_mode_among([("/", "ext4"), ("/", "nfs")], Path("/data")) == "DELETE"


def test_nothing_mounted_is_local() -> None:
    assert journal_mode_among([], Path("/data")) == "WAL"


def test_journal_of_a_real_folder_is_one_of_the_two(tmp_path: Path) -> None:
    assert journal_mode(tmp_path) in {"WAL", "DELETE"}


def test_user_is_told_of_the_journal_of_a_network_file_system_only() -> None:
    (note,) = journal_notes(Path("/data/me"), "DELETE")
    assert sentence(f"note.{note.code}.text", "en", note.values).startswith("/data/me is on a network file system")
    assert journal_notes(Path("/data/me"), "WAL") == ()
