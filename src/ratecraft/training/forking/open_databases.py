"""Whether an open SQLite connection makes a fork unsafe: one to a file that it may write to does.

Path:   `branch` -> everything that is alive -> whether a branch would share a database with the run that it left.

A database in memory is copied with all else. What is open for reading alone is read at places of each reader's own.
"""

import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any


def shares_a_database(things: Iterable[Any]) -> bool:
    """Whether a connection among all that is alive may write to a file."""
    sqlite: Any = sys.modules.get("sqlite3")  # which is loaded by whoever opened one
    if sqlite is None:
        return False
    return any(_may_write(candidate, sqlite) for candidate in things if isinstance(candidate, sqlite.Connection))


def _may_write(connection: Any, sqlite: Any) -> bool:
    try:
        connection.total_changes  # noqa: B018 - of all that can be asked, only this may be asked by any thread
    except sqlite.ProgrammingError:
        return False  # it is closed
    try:
        with closing(connection.cursor()) as cursor:
            cursor.row_factory = None
            files = [file for _, _, file in cursor.execute("PRAGMA database_list") if file]
    except sqlite.Error:  # it belongs to another thread, or is busy
        return True
    return any(path.startswith(file) for file in files for path in _open_for_writing())


def _open_for_writing() -> Iterator[str]:
    """The paths of this process's files that are; those beside a database have its name and more."""
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if fcntl.fcntl(int(path.name), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                yield str(path.readlink())
