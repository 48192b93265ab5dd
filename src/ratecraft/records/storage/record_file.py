"""The open file of a record: what is read of it, and the transactions of the one supervisor that has claimed it.

Path:   `database` opens a connection -> reads and transactions -> events, series and facts of `store`.
Units:  seconds.

A transaction is synced, so that a power cut does not take it, where the last sync is longer ago than a second.
"""

import math
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from ratecraft.errors import StudyError
from ratecraft.records.storage import database, supervisor_lock

LONGEST_WAIT: Final = 1.0
"""Seconds of training that a crash may cost a running job's series, and a power cut in all."""

T = TypeVar("T")


class RecordFile:
    """A connection to a record.

    Args:
        path: The file.
        connection: To it, as `database` opens it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._holder: supervisor_lock.Holder | None = None
        self._synced, self._is_behind = -math.inf, False  # when, and whether something was committed since

    def claim(self) -> None:
        """Become the study's one supervisor until `release`.

        Raises:
            StudyError: Another one is at work (`study-busy`).
        """
        self._holder = supervisor_lock.claim(self._connection, self.path)

    def supervisor(self) -> supervisor_lock.Holder | None:
        """The living process that drives the study now."""
        with database.sqlite_errors(self.path):
            holder = supervisor_lock.recorded_holder(self._connection)
        return holder if holder is not None and supervisor_lock.is_alive(holder) else None

    def release(self) -> None:
        """Give the study up."""
        if self._holder is not None:
            supervisor_lock.release(self._connection, self.path, self._holder)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._holder = None
        self._connection.close()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One transaction, refused where another supervisor has taken the study over.

        Raises:
            StudyError: `disk-full`, `study-taken-over` and what `database.sqlite_errors` names.
        """
        is_due = time.monotonic() - self._synced >= LONGEST_WAIT
        with database.transaction(self._connection, self.path, sync=is_due):
            if self._holder is not None and supervisor_lock.recorded_holder(self._connection) != self._holder:
                raise StudyError("study-taken-over", study=self.path.parent.name)
            yield self._connection
        self._synced, self._is_behind = time.monotonic() if is_due else self._synced, not is_due

    def sync_if_due(self) -> None:
        """Sync what was committed, where the last sync is longer ago than a second."""
        if self._is_behind and time.monotonic() - self._synced >= LONGEST_WAIT:
            with database.sqlite_errors(self.path):
                database.sync(self._connection)
            self._synced, self._is_behind = time.monotonic(), False

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a query."""
        with database.sqlite_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    def read(self, reader: Callable[[str], T], body: str) -> T:
        """What a reader makes of stored JSON.

        Raises:
            StudyError: It cannot be read (`record-damaged`).
        """
        try:
            return reader(body)
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise StudyError("record-damaged", path=self.path, reason=str(error)) from error
