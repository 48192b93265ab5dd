"""Hides files from the final run in the user's folder: moves them away before it, and back after it.

Path:   what the user hides -> the study's folder, while the run works -> back, but for what the run wrote again.

What is put aside is kept as before every first write, so that an interrupted run is put back whole.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies


def put_aside(hidden: Sequence[str], folder: Path, store: Path, aside: Path) -> None:
    """Move files and folders out of the way.

    Args:
        hidden: Paths from the working folder; what is not there is left out.
        folder: The user's working folder.
        store: Keeps what they held (`first_write_copies.put_back`).
        aside: Where they wait. What an interrupted run left there has been put back from the store.
    """
    shutil.rmtree(aside, ignore_errors=True)
    before = FirstWriteCopies(store, folder)
    for name in hidden:
        path = folder / name
        if os.path.lexists(path):
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            before.move(path, target)
            shutil.move(path, target)


def bring_back(folder: Path, aside: Path) -> None:
    """Move everything back that the run has not written anew; safe to call twice."""
    if not aside.exists():
        return
    _merge(aside, folder)
    shutil.rmtree(aside)


def _merge(aside: Path, folder: Path) -> None:
    for path in sorted(aside.iterdir()):
        home = folder / path.name
        if not os.path.lexists(home):
            shutil.move(path, home)
        elif path.is_dir() and not path.is_symlink() and home.is_dir():
            _merge(path, home)
