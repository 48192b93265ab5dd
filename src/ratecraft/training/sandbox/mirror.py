"""A scratch mirror of the user's working folder, in which a probe finds everything that the script needs.

Path:   the user's folder -> mirror -> a probe's worker changes to it -> removed with all that the probe wrote.

Folders are real, `*.py` files are copies (a linked script would resolve `__file__` back to the original), all other
files are links. Links alone protect nothing: `first_write.CopyOnFirstWrite` and `landlock.restrict_writes` do.
"""

import itertools
import os
import shutil
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

MOST_FILES = 20_000
"""A folder with more files than this is linked as a whole: mirroring as many takes 0.3 s (measured)."""

STUDIES = ".ratecraft"
"""The folder of the studies does not concern the script and holds the mirrors: it is left out."""

HEAVY = frozenset({".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__"})
"""Names of folders that hold no input of a script: environments, repositories, what Python compiled."""


def mirror(source: Path, scratch: Path, leave_out: Collection[Path] = ()) -> Path:
    """Make `scratch` a mirror of `source`.

    Args:
        source: The user's working folder.
        scratch: The mirror's place; must not exist. It may lie inside `source`.
        leave_out: Files and folders inside `source` that are not mirrored; `.ratecraft` and `scratch` never are.

    Returns:
        The mirror's path with all links resolved: no original lies behind its own components.

    Raises:
        FileExistsError: `scratch` exists.
        OSError: `source` cannot be read or `scratch` not be written.
    """
    source = source.resolve(strict=True)
    scratch.mkdir(parents=True)
    scratch = scratch.resolve()
    left_out = {scratch, source / STUDIES, *(path.parent.resolve() / path.name for path in leave_out)}
    waiting = [(source, scratch)]
    while waiting:
        folder, copy = waiting.pop()
        for original in folder.iterdir():
            if original not in left_out and _mirror_entry(original, copy / original.name, source):
                waiting.append((original, copy / original.name))
    return scratch


def link_surroundings(home: Path, base: Path) -> None:
    """Beside a mirror whose folders have the names of those at home, link what else is there in each of them.

    Args:
        home: The mirrored folder, absolute and without links.
        base: Stands for `/`; the mirror is there under the whole path of `home`.
    """
    for folder, inner in zip(home.parents, (home, *home.parents), strict=False):
        try:
            entries = tuple(itertools.islice(folder.iterdir(), MOST_FILES))
        except PermissionError:  # it may be passed through, not read
            continue
        for entry in entries:
            if entry != inner and not base.is_relative_to(entry):
                (base / entry.relative_to("/")).symlink_to(entry)


def _mirror_entry(original: Path, copy: Path, source: Path) -> bool:
    """Mirror one entry; True for a folder that is to be walked."""
    if original.is_symlink():
        target = Path(os.path.realpath(original))  # a link that leads to itself has no `resolve`
        inside = source in target.parents
        copy.symlink_to(os.path.relpath(target, original.parent) if inside else target)
        return False
    if original.is_dir():
        # Only children of the root are counted: below a folder with few files there is none with many.
        if not kept_whole(original, counted=original.parent != source):
            copy.mkdir()
            return True
    elif original.suffix == ".py" and original.is_file() and os.access(original, os.R_OK):
        shutil.copy2(original, copy)
        return False
    copy.symlink_to(original)
    return False


def kept_whole(folder: Path, *, counted: bool = False) -> bool:
    """Whether a folder is linked as a whole: environments, repositories, very many files, or not readable.

    Args:
        folder: A real folder.
        counted: A folder above it has been found small enough.
    """
    if folder.name in HEAVY or not os.access(folder, os.R_OK | os.X_OK) or (folder / "pyvenv.cfg").exists():
        return True
    return not counted and _holds_more_than(MOST_FILES, folder)


def _holds_more_than(limit: int, folder: Path) -> bool:
    waiting, count = [str(folder)], 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    if count > limit:
                        return True
                    if entry.is_dir(follow_symlinks=False) and entry.name not in HEAVY:
                        waiting.append(entry.path)
        except PermissionError:
            continue
    return False


def remove_mirror(scratch: Path) -> None:
    """Remove a mirror with all that was written in it; links are removed, never followed. Safe to call twice."""
    if scratch.exists():
        shutil.rmtree(scratch, onerror=_make_writable)


def _make_writable(remove: Callable[..., Any], path: str, problem: object) -> None:
    """The script made a folder read-only: open it and go on."""
    del problem
    stuck = Path(path)
    stuck.parent.chmod(stat.S_IRWXU)
    if stuck.is_symlink() or not stuck.is_dir():
        stuck.unlink(missing_ok=True)
        return
    stuck.chmod(stat.S_IRWXU)
    if remove is os.rmdir:
        stuck.rmdir()
    else:
        shutil.rmtree(stuck, onerror=_make_writable)
