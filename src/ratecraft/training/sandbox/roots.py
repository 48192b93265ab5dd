"""Which folders get an overlay: as many as the kernel allows, so that paths mean what they usually mean.

Path:   the working folder, the home folder, the one for temporary files, and the mounts of this machine -> roots.
Source: what an unprivileged overlay refuses, as tried on Linux 6.18: a folder with another mount below it cannot be a
        lower layer, and what is to be changed must belong to the user's own user and primary group, each folder above
        it too.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path


def mounts_of(mountinfo: str) -> tuple[Path, ...]:
    r"""The mount points in the text of `/proc/self/mountinfo`.

    Example:
        >>> mounts = mounts_of("24 1 8:1 / / rw - ext4 /dev/sda1 rw\n25 24 0:22 / /mnt/my\\040disk rw - tmpfs none rw")
        >>> [str(mount) for mount in mounts]
        ['/', '/mnt/my disk']
    """
    fields = (line.split(" ") for line in mountinfo.splitlines())
    return tuple(Path(_unescaped(columns[4])) for columns in fields if len(columns) > 4)


def highest_root(folder: Path, mounts: Sequence[Path], is_own: Callable[[Path], bool]) -> Path | None:
    """The highest folder at or above this one that an overlay can be made of; None if there is none.

    Args:
        folder: Absolute and without links.
        mounts: Mount points of this machine.
        is_own: Whether user and group of a folder are those of the user.

    Example:
        >>> mounts = (Path("/"), Path("/proc"), Path("/data"))
        >>> str(highest_root(Path("/home/me/project"), mounts, lambda folder: folder != Path("/home")))
        '/home'
        >>> str(highest_root(Path("/data/lab/me"), mounts, lambda folder: folder.name == "me"))
        '/data/lab'
    """
    if folder == Path("/") or _has_mount_below(folder, mounts):
        return None
    root = folder
    while root.parent != Path("/") and is_own(root) and not _has_mount_below(root.parent, mounts):
        root = root.parent
    return root


def roots_of(folders: Sequence[Path], mounts: Sequence[Path], is_own: Callable[[Path], bool]) -> tuple[Path, ...]:
    """The roots of several folders, none of them below another one; folders that have none are left out.

    Example:
        >>> roots = roots_of([Path("/home/me/a"), Path("/home/me"), Path("/tmp")], [Path("/")], lambda folder: True)
        >>> [str(root) for root in roots]
        ['/home', '/tmp']
    """
    found = dict.fromkeys(root for folder in folders if (root := highest_root(folder, mounts, is_own)) is not None)
    return tuple(root for root in found if not any(root != other and root.is_relative_to(other) for other in found))


def is_users_own(path: Path) -> bool:
    """Whether user and group of a path are those of this process; others are not known in its namespace."""
    facts = path.stat()
    return (facts.st_uid, facts.st_gid) == (os.getuid(), os.getgid())


def _has_mount_below(folder: Path, mounts: Sequence[Path]) -> bool:
    return any(mount != folder and mount.is_relative_to(folder) for mount in mounts)


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
