"""Puts the unmodified script's files into the user's folder, when the full run gained nothing.

Path:   copies from before the full run's first writes, the files of the baseline -> the user's folder; what the full
        run had written there -> the study.

Killed at any instant it is simply called again: until all is done the copies stay, and every file is either the old or
the new one.
"""

import shutil
from pathlib import Path

from ratecraft.training.sandbox.bringing_home import is_same_file
from ratecraft.training.sandbox.first_write_copies import (
    FirstWriteCopies,
    PutBack,
    copy_durably,
    forget,
    put_back,
    written_paths,
)
from ratecraft.training.sandbox.mirror import remove_mirror


def give_way(store: Path, folder: Path, baseline: Path, kept: Path | None) -> PutBack:
    """Put the files of the baseline where a full run has left its own.

    Args:
        store: The copies from before the first writes of the full run; there are none if there was no such run.
        folder: The user's working folder.
        baseline: What the script wrote as it is.
        kept: Where the files of the full run are to stay; None if there was none.

    Returns:
        What came of the files of before; where something stands in the way of one that had been there, nothing more
        was done.
    """
    if kept is not None and not kept.exists():  # else they are complete, and what lies at home is no more theirs
        _keep(store, folder, kept)
    done = put_back(store, folder, forgets=False)
    if done.lost:
        return done
    before = FirstWriteCopies(store, folder)
    for source in sorted(path for path in baseline.rglob("*") if path.is_file()):
        target = folder / source.relative_to(baseline)
        for parent in reversed(target.relative_to(folder).parents[:-1]):
            before.name(folder / parent)
            (folder / parent).mkdir(exist_ok=True)
        before.contents(target, truncates=True)
        part = target.with_name(f"{target.name}.ratecraft-part")
        _copy(source, part)
        part.replace(target)
    forget(store)
    return done


def _keep(store: Path, folder: Path, kept: Path) -> None:
    """Copy what the full run has written below the folder, all or nothing."""
    part = kept.with_name(f"{kept.name}.part")
    remove_mirror(part)
    part.mkdir(parents=True)
    for name, copy in written_paths(store).items():
        source = folder / name
        if Path(name).is_absolute() or source.is_symlink() or not source.is_file():
            continue
        if copy is not None and is_same_file(source, copy):  # put aside for the run, and brought back after it
            continue
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        _copy(source, part / name)
    part.replace(kept)


def _copy(source: Path, target: Path) -> None:
    """Copy a file onto the disk, with its mode and times."""
    copy_durably(source, target)
    shutil.copystat(source, target)
