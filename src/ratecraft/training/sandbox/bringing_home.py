"""Copies back what a complete run did in its place: new files, changes and removals.

Path:   a final run that began as a branch, in a mirror or an overlay -> its files, where its script meant them.

What they replace is kept first, so that a supervisor that dies half-way can put it back and run the job again.
"""

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.uppers import is_opaque, is_removed, walk


def entries_of(mirror: Path) -> Mapping[Path, str]:
    """Everything in a mirror by its path in it, folders before what they hold; where links lead, else nothing."""
    return {path.relative_to(mirror): (str(path.readlink()) if path.is_symlink() else "") for path in walk(mirror)}


def bring_home(mirror: Path, folder: Path, before: FirstWriteCopies, begun: Mapping[Path, str]) -> None:
    """Do in a folder what the run did in the mirror of it.

    Args:
        mirror: What the run did not write there is a link, or equal to the original.
        folder: What it mirrors.
        before: Keeps what is replaced.
        begun: The entries of the mirror as the run found it; what came to the folder since is left alone.
    """
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


def bring_upper_home(upper: Path, root: Path, before: FirstWriteCopies, left_alone: Sequence[Path] = ()) -> None:
    """Do in a root what the run did in the overlay of it; sockets and pipes stay behind.

    Args:
        upper: The changes.
        root: The folder at home.
        before: Keeps what is replaced.
        left_alone: Files that the run was not shown: that they are missing in the overlay means nothing.
    """
    for entry in walk(upper):
        target = root / entry.relative_to(upper)
        kind = stat.S_IFMT(entry.lstat().st_mode)
        if is_removed(entry):
            if target not in left_alone:
                _removewalk(target, before)
        elif kind == stat.S_IFDIR:
            _bring_folder(entry, target, before)
        elif kind == stat.S_IFLNK:
            if not (target.is_symlink() and target.readlink() == entry.readlink()):
                _removewalk(target, before)
                before.name(target)
                target.symlink_to(entry.readlink())
        elif kind == stat.S_IFREG and (target.is_symlink() or not is_same_file(entry, target)):
            if target.is_symlink() or target.is_dir():
                _removewalk(target, before)
            before.contents(target, truncates=True)
            shutil.copy2(entry, target)


def is_same_file(written: Path, original: Path) -> bool:
    """Whether both are files of the same bytes: what a run left as it found it."""
    if not (original.is_file() and written.is_file()):
        return False
    return written.stat().st_size == original.stat().st_size and written.read_bytes() == original.read_bytes()


def _bring_folder(entry: Path, target: Path, before: FirstWriteCopies) -> None:
    """A folder that the run made, changed something in, or put in the place of another one."""
    if target.is_symlink() or not target.is_dir():
        _removewalk(target, before)
        before.name(target)
        target.mkdir()
        target.chmod(stat.S_IMODE(entry.stat().st_mode))
    elif is_opaque(entry):
        for old in target.iterdir():
            if not os.path.lexists(entry / old.name):
                _removewalk(old, before)


def _removewalk(path: Path, before: FirstWriteCopies) -> None:
    """The run removed this, and all below it."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_dir():
        before.name(path)
        path.unlink()
        return
    for entry in walk(path):
        before.name(entry)
    before.name(path)
    shutil.rmtree(path)


def _bring_link(link: Path, written: Path, target: Path, homes: tuple[Path, Path], before: FirstWriteCopies) -> None:
    """A link that is new here: one that the run made, or the mirror's own to a file of the user's.

    The mirror's own lead out of it by whole paths. Where such a link stands for the file at its place, nothing was
    changed; elsewhere the run has moved the file there.
    """
    mirror, folder = homes
    if link.is_absolute() and not link.is_relative_to(mirror) and written.exists():
        if target.exists() and target.samefile(written):
            return
        if written.is_file():
            before.name(target)
            shutil.copy2(written, target)
            return
    before.name(target)
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
