"""Puts the user's files under protection before their script starts.

Path:   the worker -> copies on first write into a mirror and Landlock, or first-write copies of a run in place.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ratecraft.training.sandbox.first_write import CopyOnFirstWrite
from ratecraft.training.sandbox.first_write_copies import FirstWriteCopies
from ratecraft.training.sandbox.landlock import restrict_writes
from ratecraft.training.sandbox.writable import cache_folders
from ratecraft.training.sandbox.write_events import WriteGuard, guarding
from ratecraft.training.wire import Start

__all__ = ["protected"]


@contextmanager
def protected(start: Start, denied: Callable[[Path], None]) -> Generator[None]:
    """Hold the promise of DESIGN §7 while the script runs.

    A mirrored run can change no file outside its mirror; of what a run in place changes, the study keeps a copy, so
    that an interrupted one can start again from what there was.

    Args:
        start: How the script is run.
        denied: Told the path of every write that a mirrored run was denied.
    """
    if start.originals:
        with in_mirror(start, denied):
            restrict_writes([Path(folder) for folder in (*start.writable, *start.branches)])
            yield
    else:
        ignored = (Path(start.model).parent, *cache_folders(os.environ))
        with guarding(FirstWriteCopies(Path(start.first_writes), Path(start.directory), ignored)):
            yield


@contextmanager
def in_mirror(start: Start, denied: Callable[[Path], None]) -> Generator[None]:
    """Keep a run to its own mirror; a branch too, for which the kernel's rule is that of the run it left."""
    writable = tuple(Path(folder) for folder in start.writable)
    with guarding(_Denials(CopyOnFirstWrite(Path(start.directory), writable), denied)):
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
