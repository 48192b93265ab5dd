"""Brings home what a complete run did in its mirror: its files, its changes and its removals, to the user's folder.

Path:   a final run that began as a branch, in a mirror -> its files, where the script would have written them.

What they replace is kept first, so that a supervisor that dies half-way can put it back and run the job again.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies

__all__ = ["bring_home", "entries_of", "is_same_file"]


def entries_of(mirror: Path) -> Mapping[Path, str]:
    """Everything in a mirror by its path in it, folders before what they hold; where links lead, else nothing."""
    return {path.relative_to(mirror): _target(path) for path in _tree(mirror)}


def bring_home(mirror: Path, folder: Path, store: Path, begun: Mapping[Path, str]) -> None:
    """Do in the user's folder what the run did in its mirror.

    Args:
        mirror: The run's own folder; what it did not write there is a link, or equal to the original.
        folder: The user's working folder.
        store: Keeps what is replaced (`first_write_copies.put_back`).
        begun: The entries of the mirror as the run found it; what came to the user's folder since is left alone.
    """
    before = FirstWriteCopies(store, folder)
    there = entries_of(mirror)
    for name, link in there.items():
        written, target = mirror / name, folder / name
        if link:
            if begun.get(name) != link:
                _bring_link(Path(link), written, target, (mirror, folder), before)
        elif written.is_dir():
            if not target.exists():
                before.name(target)
                target.mkdir()
        elif not is_same_file(written, target):
            before.contents(target, truncates=True)
            shutil.copy2(written, target)
    for name in reversed(tuple(begun)):
        if name not in there:
            _remove(folder / name, before)


def is_same_file(written: Path, original: Path) -> bool:
    """Whether both are files of the same bytes: what a run left as it found it."""
    return original.is_file() and written.is_file() and written.read_bytes() == original.read_bytes()


def _bring_link(link: Path, written: Path, target: Path, homes: tuple[Path, Path], before: FirstWriteCopies) -> None:
    """A link that is new here: the mirror's own to a file of the user's, which the run moved, or one that it made."""
    mirror, folder = homes
    before.name(target)
    if link.is_absolute() and link.is_relative_to(folder) and written.is_file():
        shutil.copy2(written, target)
        return
    target.unlink(missing_ok=True)
    target.symlink_to(folder / link.relative_to(mirror) if link.is_relative_to(mirror) else link)


def _remove(path: Path, before: FirstWriteCopies) -> None:
    """The run removed this; a folder that holds something of the user's, come since, stays."""
    if path.is_dir() and not path.is_symlink():
        if not any(path.iterdir()):
            before.name(path)
            path.rmdir()
    elif os.path.lexists(path):
        before.name(path)
        path.unlink()


def _tree(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _tree(path)


def _target(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else ""
