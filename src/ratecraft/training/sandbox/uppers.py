"""What a job changed below a root, read from the upper folder of its overlay.

Path:   an upper folder -> a copy of it for a branch, or the changes to bring home or to keep.
Source: kernel documentation, overlayfs: a removed name is a character device 0/0, a folder that replaces another one
        has the attribute `overlay.opaque`, in the name space `user.` where the mount was unprivileged.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

_OPAQUE = "user.overlay.opaque"


def new_upper(upper: Path, root: Path) -> None:
    """An empty upper folder for a root, which is shown with the upper folder's mode and times."""
    upper.mkdir(parents=True)
    with contextlib.suppress(PermissionError):  # a sticky folder of somebody else's
        upper.chmod(stat.S_IMODE(root.stat().st_mode))


def hide(upper: Path, root: Path, path: Path) -> None:
    """Show a file or folder below the root as removed; what is not there needs nothing."""
    if not os.path.lexists(path):
        return
    name = path.relative_to(root)
    for above in reversed(name.parents[:-1]):
        folder = upper / above
        if not folder.exists():
            folder.mkdir()
            shutil.copystat(root / above, folder)
    if not os.path.lexists(upper / name):
        os.mknod(upper / name, stat.S_IFCHR)


def is_removed(path: Path) -> bool:
    """Whether an entry of an upper folder says that the name was removed."""
    facts = path.lstat()
    return stat.S_ISCHR(facts.st_mode) and facts.st_rdev == 0


def is_opaque(folder: Path) -> bool:
    """Whether a folder of an upper folder replaces the one at home instead of adding to it."""
    try:
        return os.getxattr(folder, _OPAQUE, follow_symlinks=False) == b"y"
    except OSError:
        return False


def walk(upper: Path) -> Iterator[Path]:
    """Every entry of an upper folder, folders before what they hold."""
    for entry in sorted(upper.iterdir()):
        yield entry
        if entry.is_dir() and not entry.is_symlink():
            yield from walk(entry)


def copy_upper(source: Path, target: Path) -> None:
    """Copy an upper folder while it is not being written to; sockets and pipes are left out.

    Raises:
        OSError: The disk is full.
    """
    target.mkdir(parents=True)
    for entry in walk(source):
        copy, kind = target / entry.relative_to(source), stat.S_IFMT(entry.lstat().st_mode)
        if kind == stat.S_IFDIR:
            copy.mkdir()
        elif kind == stat.S_IFLNK:
            copy.symlink_to(entry.readlink())
        elif kind == stat.S_IFREG:
            shutil.copyfile(entry, copy)
        elif is_removed(entry):
            os.mknod(copy, stat.S_IFCHR)
    # From the leaves up: what is made in a folder changes its times, and its mode may forbid to make anything.
    for entry in reversed((source, *walk(source))):
        copy = target / entry.relative_to(source)
        if os.path.lexists(copy) and not stat.S_ISCHR(copy.lstat().st_mode):
            shutil.copystat(entry, copy, follow_symlinks=False)
