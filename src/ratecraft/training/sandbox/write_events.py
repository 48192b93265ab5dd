"""Tells a guard of every change to a file before it happens, whichever library makes it.

Path:   `open`, `os.replace`, `sqlite3.connect`, `torch.save` … in the script -> the guard in force -> the change.

Python's audit events see what goes through Python; `native_writers` announces the libraries that write from native
code. Programs that the script starts are not seen. Python cannot remove an audit hook: there is one for the process,
and it does nothing while no guard is in force.
"""

import os
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

from ratecraft.training.sandbox.native_writers import wrap_native_writers


class WriteGuard(Protocol):
    """Acts before a file is changed.

    Paths are absolute and may pass through links and `..`. An error that a guard raises is the script's, and the change
    does not happen.
    """

    def contents(self, path: Path, *, truncates: bool) -> None:
        """The content or attributes of the file at a path, links followed, are about to change."""
        ...

    def name(self, path: Path) -> None:
        """The name itself, a link not followed, is about to be made or removed."""
        ...

    def move(self, source: Path, target: Path) -> None:
        """One name is about to become the other."""
        ...

    def folder(self, path: Path) -> None:
        """A folder is about to become the working folder, or to be emptied."""
        ...


class _State(threading.local):
    at_work = False  # what a guard itself does in this thread is not its business


_state = _State()
_guard: WriteGuard | None = None
_hooked = False


@contextmanager
def guarding(guard: WriteGuard) -> Generator[None]:
    """Put a guard in force for the whole process, and for processes that it forks.

    Import torch before, so that `torch.save` is seen.

    Args:
        guard: In force until the end of the block; the one before it is in force again afterwards.
    """
    global _guard, _hooked
    wrap_native_writers(_announce)
    before, _guard = _guard, guard
    if not _hooked:
        sys.addaudithook(_hear)
        _hooked = True
    try:
        yield
    finally:
        _guard = before


def _announce(path: str) -> None:
    """A native writer is about to replace the contents of a file."""
    _hand_over(lambda guard: guard.contents(Path.cwd() / path, truncates=True))


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    handler = _HANDLERS.get(event)
    if handler is not None and _guard is not None:
        _hand_over(lambda guard: handler(guard, arguments))


def _hand_over(tell: Callable[[WriteGuard], None]) -> None:
    if _guard is None or _state.at_work:
        return
    _state.at_work = True
    try:
        tell(_guard)
    finally:
        _state.at_work = False


def _absolute(path: Any, folder: Any = -1) -> Path | None:
    """The path from the root; None for a descriptor, whose file was opened under a name before."""
    if isinstance(path, int):
        return None
    given = Path(os.fsdecode(path))
    if given.is_absolute():
        return given
    at = Path(f"/proc/self/fd/{folder}").readlink() if isinstance(folder, int) and folder >= 0 else Path.cwd()
    return at / given


_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _open(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    path, _, flags = arguments
    if isinstance(flags, int) and flags & _WRITES and (place := _absolute(path)):
        guard.contents(place, truncates=bool(flags & os.O_TRUNC))


def _change(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    if place := _absolute(arguments[0]):
        guard.contents(place, truncates=False)


def _change_in_folder(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    if place := _absolute(arguments[0], arguments[-1]):
        guard.contents(place, truncates=False)


def _name(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    if place := _absolute(arguments[0], arguments[-1]):
        guard.name(place)


def _rename(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    source, target, source_folder, target_folder = arguments
    before, after = _absolute(source, source_folder), _absolute(target, target_folder)
    if before and after:
        guard.move(before, after)


def _link(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    source, target, source_folder, target_folder = arguments
    before, after = _absolute(source, source_folder), _absolute(target, target_folder)
    if before and after:
        guard.contents(before, truncates=False)  # both names will write to one file
        guard.name(after)


def _symlink(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    if place := _absolute(arguments[1], arguments[2]):
        guard.name(place)


def _folder(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    if place := _absolute(*arguments[:2]):
        guard.folder(place)


def _database(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    database = os.fsdecode(arguments[0])
    if database.startswith("file:"):
        parts = urlsplit(database)
        if "mode=ro" in parts.query or "mode=memory" in parts.query:
            return
        database = unquote(parts.path)
    if not database or database == ":memory:":
        return
    # The journals are part of the database: one of another moment would destroy it.
    for suffix in ("", "-journal", "-wal", "-shm"):
        guard.contents(Path.cwd() / f"{database}{suffix}", truncates=False)


def _import(guard: WriteGuard, arguments: tuple[Any, ...]) -> None:
    del guard, arguments
    wrap_native_writers(_announce)  # a library that the script loads only now


_Handler: TypeAlias = Callable[[WriteGuard, tuple[Any, ...]], None]
_HANDLERS: Mapping[str, _Handler] = {
    "import": _import,
    "open": _open,
    "os.chdir": _folder,
    "os.chmod": _change_in_folder,
    "os.chown": _change_in_folder,
    "os.link": _link,
    "os.mkdir": _name,
    "os.remove": _name,
    "os.removexattr": _change,
    "os.rename": _rename,
    "os.rmdir": _name,
    "os.setxattr": _change,
    "os.symlink": _symlink,
    "os.truncate": _change,
    "os.utime": _change_in_folder,
    "shutil.rmtree": _folder,
    "sqlite3.connect": _database,
}
