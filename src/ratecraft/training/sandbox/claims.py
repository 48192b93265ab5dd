"""Folders outside of a study that it holds while a process runs; other studies clean up abandoned ones.

Path:   a node's workshop, the store of a study's changes -> `claim` -> the folder, locked while this process lives.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from ratecraft.errors import InvalidInput
from ratecraft.training.sandbox.mirror import remove_mirror


class Claim:
    """A folder that this process holds.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path, self._lock = path, lock

    def release(self) -> None:
        """Let others have it or sweep it."""
        os.close(self._lock)


def own_folder(parent: Path, name: str) -> Path:
    """A folder of the user's own in a place that is everybody's.

    Raises:
        InvalidInput: The folder is someone else's (`node-folder`).
        OSError: It cannot be made.
    """
    home = parent / f"{name}-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise InvalidInput("node-folder", folder=home)
    return home


def claim(home: Path, key: str) -> Claim:
    """Hold the folder of this name, which is made where it is not there; several processes may hold it."""
    lock = None
    while lock is None:
        lock = locked(home / f"{key}.lock", alone=False)
    (home / key).mkdir(exist_ok=True)
    return Claim(home / key, lock)


def sweep(home: Path, wanted: Callable[[Path], bool] = lambda place: False) -> None:
    """Remove the unclaimed folders of processes that were killed.

    Args:
        home: Where they lie.
        wanted: Whether a folder is kept all the same.
    """
    for path in home.glob("*.lock"):
        place = path.with_suffix("")
        if not wanted(place) and (lock := locked(path, alone=True)) is not None:
            give_up(place)
            os.close(lock)


def give_up(place: Path) -> None:
    """Remove a folder and its lock."""
    with contextlib.suppress(OSError):  # a process that is still ending may write there
        remove_mirror(place)
    place.with_name(f"{place.name}.lock").unlink(missing_ok=True)


def locked(path: Path, *, alone: bool) -> int | None:
    """The descriptor of a file that is locked; None where others have it, or have removed it while it was locked.

    Args:
        path: The file; it is made where it is not there.
        alone: Nobody else may hold it, and who holds it is not waited for; else several processes may.

    A lock belongs to a file, not to its name: one that was waited for may be that of a file which is gone, and keeps
    nobody away.
    """
    import fcntl  # `doctor` loads this file if there is none

    lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        if os.path.samestat(os.fstat(lock), path.stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None
