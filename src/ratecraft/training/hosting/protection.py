"""Protects the user's files before a script starts, and again in each branch.

Path:   the worker -> an overlay's guard, or copies on first write into a mirror and Landlock, or the first-write
        copies of a run in place.
"""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from ratecraft.training.processes.wire import Start
from ratecraft.training.sandbox.covering import enter, enter_beside, enter_branch
from ratecraft.training.sandbox.first_write import CopyOnFirstWrite
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.landlock import restrict_writes
from ratecraft.training.sandbox.overlay_writes import OverlayWrites
from ratecraft.training.sandbox.writable import cache_folders
from ratecraft.training.sandbox.write_events import WriteGuard, guarding


def enter_place(start: Start) -> None:
    """Enter the run's view of the file system, if it has one. The process must still have a single thread.

    Raises:
        OSError: The kernel denies what it had allowed in a trial.
    """
    if start.overlaid is not None and start.beside:
        enter_beside(start.beside, start.directory)
    elif start.overlaid is not None:
        enter(start.overlaid, start.directory)


def protected(start: Start, denied: Callable[[Path], None]) -> AbstractContextManager[object]:
    """Protect the user's files while the script runs.

    A trial run changes none of the user's files. Of files that a run in place changes, the study keeps a copy, so
    that an interrupted run can start again from the original files.

    Args:
        start: How the script is run.
        denied: Called with the path of every denied write.
    """
    if start.overlaid is not None:
        return guarding(OverlayWrites(start.overlaid, denied))
    if start.first_writes:
        ignored = (Path(start.model).parent, *cache_folders(os.environ))
        return guarding(FirstWriteCopies(Path(start.first_writes), Path(start.directory), ignored))
    if start.mirror:
        return _in_mirror(start, denied, (*start.writable, *start.branches))
    return nullcontext()


def protected_branch(start: Start, denied: Callable[[Path], None]) -> AbstractContextManager[object]:
    """In a fresh fork of a trial run: give it a place of its own.

    Args:
        start: How the branch is run.
        denied: Called with the path of every denied write.

    Raises:
        OSError: The kernel does not allow it.
    """
    if start.overlaid is not None:
        enter_branch(start.overlaid)
        return guarding(OverlayWrites(start.overlaid, denied))
    # Where others will leave this one, the rule of the run that it left stays: else they had no folder to write to.
    return _in_mirror(start, denied, () if start.branches else start.writable)


def moved_by(start: Start, before: str) -> Callable[[Path], Path | None]:
    """Maps a file of the run that a branch left to the branch's own place; None for all other files.

    Args:
        start: How the branch is run.
        before: The mirror of the run that it left; empty if that run had an overlay.
    """

    def moved(path: Path) -> Path | None:
        if start.overlaid is not None:
            return path if start.overlaid.holds(path) else None
        return Path(start.mirror, path.relative_to(before)) if path.is_relative_to(before) else None

    return moved


@contextmanager
def _in_mirror(start: Start, denied: Callable[[Path], None], folders: tuple[str, ...]) -> Generator[None]:
    """Keep a run to its own mirror: by the kernel, where folders are named for it, and by its own hooks."""
    if folders:
        restrict_writes([Path(folder) for folder in folders])
    writable = tuple(Path(folder) for folder in start.writable)
    with guarding(_Denials(CopyOnFirstWrite(Path(start.mirror), writable), denied)):
        yield


class _Denials:
    """A guard that tells what another one denies, whatever the script makes of the `PermissionError`."""

    def __init__(self, guard: WriteGuard, denied: Callable[[Path], None]) -> None:
        self._guard, self._denied = guard, denied

    def contents(self, path: Path, *, truncates: bool) -> None:
        with self._telling(path):
            self._guard.contents(path, truncates=truncates)

    def name(self, path: Path) -> None:
        with self._telling(path):
            self._guard.name(path)

    def move(self, source: Path, target: Path) -> None:
        with self._telling(source):
            self._guard.name(source)
        with self._telling(target):
            self._guard.move(source, target)

    def folder(self, path: Path) -> None:
        self._guard.folder(path)

    @contextmanager
    def _telling(self, path: Path) -> Generator[None]:
        try:
            yield
        except PermissionError:
            if not path.is_dir():  # `makedirs(..., exist_ok=True)` asks to make what is there, and expects an error
                self._denied(path)
            raise
