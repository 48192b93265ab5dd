"""Brings home what a complete run wrote in its mirror: new and changed files go to the user's own folder.

Path:   a final run that began as a branch, in a mirror -> its files, where the script would have written them.

What they replace is kept first, so that a supervisor that dies half-way can put it back and run the job again.
"""

import os
import shutil
from pathlib import Path

from ratecraft.training.files.first_write_copies import FirstWriteCopies

__all__ = ["bring_home", "is_same_file"]


def bring_home(mirror: Path, folder: Path, store: Path) -> None:
    """Copy every file that the run wrote.

    Args:
        mirror: The run's own folder; what it did not write there is a link, or equal to the original.
        folder: The user's working folder.
        store: Keeps what is replaced (`first_write_copies.put_back`).
    """
    before = FirstWriteCopies(store, folder)
    for here, names, files in os.walk(mirror):
        inside = Path(here).relative_to(mirror)
        for name in names:
            target = folder / inside / name
            if not (Path(here, name).is_symlink() or target.exists()):
                before.name(target)
                target.mkdir()
        for name in files:
            written, target = Path(here, name), folder / inside / name
            if not written.is_symlink() and not is_same_file(written, target):
                before.contents(target, truncates=True)
                shutil.copy2(written, target)


def is_same_file(written: Path, original: Path) -> bool:
    """Whether both are files of the same bytes: what a run left as it found it."""
    return original.is_file() and written.is_file() and written.read_bytes() == original.read_bytes()
