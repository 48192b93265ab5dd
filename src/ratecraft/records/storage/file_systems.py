"""The file system of a folder, and which journal SQLite may use on it.

Path:   a study's folder -> its kind -> `WAL` or `DELETE`.
Source: sqlite.org/wal.html: the write-ahead log needs memory shared by all who open the file, which no network gives.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from ratecraft.records.outcome import Note
from ratecraft.records.storage.database import JournalMode

_NETWORK = re.compile(
    r"(fuse\.)?(9p|afpfs|afs|beegfs|ceph|ceph-fuse|cifs|davfs2?|glusterfs|gpfs|lustre|ncpfs|nfs\d?|orangefs|pvfs2|rclone"
    r"|s3fs|smb\d?|smbfs|sshfs|vboxsf|wekafs)"
)


def file_system(folder: Path) -> str:
    """The kind of file system that a folder lies on, as the system names it; empty if it does not say."""
    return _innermost(_mounts(), folder.resolve())


def is_network(kind: str) -> bool:
    """Whether a kind of file system lies on another machine, or is shared with one.

    Example:
        >>> is_network("nfs4"), is_network("ext4")
        (True, False)
    """
    return _NETWORK.fullmatch(kind.lower()) is not None


def journal_mode(folder: Path) -> JournalMode:
    """The journal for a record in this folder: `DELETE` on a network file system, else `WAL`."""
    return journal_mode_among(_mounts(), folder.resolve())


def journal_mode_among(mounts: Iterable[tuple[str, str]], folder: Path) -> JournalMode:
    """The journal for a resolved folder, given mount points and the types of their file systems.

    Example:
        >>> mounts = [("/", "ext4"), ("/home", "nfs4"), ("/home/me/scratch", "xfs")]
        >>> journal_mode_among(mounts, Path("/home/me/work")), journal_mode_among(mounts, Path("/home/me/scratch/a"))
        ('DELETE', 'WAL')
    """
    return "DELETE" if is_network(_innermost(mounts, folder)) else "WAL"


def _mounts() -> list[tuple[str, str]]:
    import psutil  # 20 ms that only a study needs

    return [(mount.mountpoint, mount.fstype) for mount in psutil.disk_partitions(all=True)]


def _innermost(mounts: Iterable[tuple[str, str]], folder: Path) -> str:
    # Of two mounts at one point, the later one lies on top.
    around = [(len(Path(point).parts), kind) for point, kind in mounts if folder.is_relative_to(point)]
    innermost = max((depth for depth, _ in around), default=0)
    kinds = [kind for depth, kind in around if depth == innermost]
    return kinds[-1] if kinds else ""


def journal_notes(folder: Path, mode: JournalMode) -> tuple[Note, ...]:
    """What the user must be told of the journal of a study in this folder.

    Example:
        >>> [note.code for note in journal_notes(Path("/home/me"), "DELETE")]
        ['network-file-system']
    """
    return (Note("network-file-system", {"directory": str(folder)}),) if mode == "DELETE" else ()
