"""The SQLite file of a study: how it is made, opened and checked, and its errors in the words of the catalogue.

Path:   a study's folder -> one connection -> `store.Record` and `supervisor_lock`.

A record is known by its application id, its format by the user version. A newer minor release may add fields to the
JSON of an event; whatever an older reader would misread raises the format. All changes are one transaction each.
A transaction survives a power cut where it is synced; any, in the journal that may do without that, survives a crash.
"""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from ratecraft.errors import StudyError

JournalMode: TypeAlias = Literal["WAL", "DELETE"]

FORMAT = 1
_APPLICATION = int.from_bytes(b"rcrf", "big")
_PATIENCE = 30.0  # seconds that one writer waits for another's transaction; each takes milliseconds

_TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE event (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, job TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX event_of_job ON event (job, kind);
CREATE TABLE block (
    number INTEGER PRIMARY KEY, job TEXT NOT NULL, attempt INTEGER NOT NULL, name TEXT NOT NULL,
    first INTEGER NOT NULL, count INTEGER NOT NULL, crc INTEGER NOT NULL, packed BLOB NOT NULL
);
CREATE INDEX block_of_series ON block (job, attempt, name, first, count);
CREATE TABLE supervisor (
    slot INTEGER PRIMARY KEY CHECK (slot = 1), pid INTEGER NOT NULL, started REAL NOT NULL,
    boot TEXT NOT NULL, token TEXT NOT NULL
)
"""


def connect(path: Path, journal_mode: JournalMode | None = None) -> sqlite3.Connection:
    """A connection that writes to a record that is there; the journal stays as it is where none is given.

    Raises:
        StudyError: There is no record (`no-record`), the file is none (`record-not-ours`), it is from a newer ratecraft
            (`record-newer`), damaged (`record-damaged`), or the folder cannot be written (`directory-read-only`).
    """
    if not path.is_file():
        raise StudyError("no-record", path=path)
    with sqlite_errors(path):
        connection = _open(path, "mode=rw")
        try:
            _check(connection, path)
            if journal_mode is not None:
                _settle(connection, journal_mode)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads, beside a supervisor at work as well as on a read-only disk.

    Raises:
        StudyError: Same as `connect`.
    """
    if not path.is_file():
        raise StudyError("no-record", path=path)
    with sqlite_errors(path):
        # Not `mode=ro`, which could not undo a transaction that a killed writer left half-way.
        connection = _open(path, "mode=rw")
        try:
            connection.execute("PRAGMA query_only = ON")
            try:
                _check(connection, path)
            except sqlite3.OperationalError as error:
                if not _is_at_rest(path, error):
                    raise
                connection.close()
                connection = _open(path, "mode=ro&immutable=1")
                _check(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def lay_out(path: Path, journal_mode: JournalMode, header: str) -> sqlite3.Connection:
    """A connection to a new record with its tables and its header, made in one transaction.

    Raises:
        StudyError: There is one already (`record-exists`), or the folder cannot be written (`directory-read-only`).
    """
    with sqlite_errors(path):
        connection = _open(path, "mode=rwc")
        try:
            if _is_blank(connection):  # else it is somebody's: not even its journal is ours to change
                _settle(connection, journal_mode)
            with transaction(connection, path):
                _make_tables(connection, path, header)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, *, sync: bool = True) -> Generator[None, None, None]:
    """Commit everything executed inside at its end, or nothing.

    Args:
        connection: To the record.
        path: File of the database, for errors.
        sync: Whether it is to survive a power cut, with all before it. A rollback journal needs that in any case.

    Raises:
        StudyError: See `sqlite_errors`.
    """
    with sqlite_errors(path):
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute(f"PRAGMA synchronous = {'FULL' if sync or mode != 'wal' else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def sync(connection: sqlite3.Connection) -> None:
    """Let all that was committed survive a power cut."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # without a log, every transaction was synced


@contextmanager
def sqlite_errors(path: Path) -> Generator[None, None, None]:
    """Turns the errors of SQLite into ours.

    Raises:
        StudyError: `directory-read-only`, `disk-full`, `disk-error`, `record-locked`, `record-not-ours`, else
            `record-damaged`.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise  # a defect of ours, not the state of the file
    except sqlite3.DatabaseError as error:
        match error.sqlite_errorcode & 0xFF:
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
                raise StudyError("directory-read-only", directory=path.parent, reason=str(error)) from error
            case sqlite3.SQLITE_FULL:
                raise StudyError("disk-full", directory=path.parent) from error
            case sqlite3.SQLITE_IOERR:  # no damage: a full disk or quota too, wherever SQLite does not look for that
                raise StudyError("disk-error", path=path, reason=str(error)) from error
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                raise StudyError("record-locked", path=path) from error
            case sqlite3.SQLITE_NOTADB:
                raise StudyError("record-not-ours", path=path) from error
            case _:
                raise StudyError("record-damaged", path=path, reason=str(error)) from error


def _open(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)


def _is_at_rest(path: Path, error: sqlite3.OperationalError) -> bool:
    """Whether the record was closed properly in a folder where nothing can be written now.

    A write-ahead log needs a file beside it even for reading. Where there can be none and none was left, no one works
    on the record, and it may be read as a file that never changes.
    """
    barred = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
    return barred and not any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal"))


def _settle(connection: sqlite3.Connection, journal_mode: JournalMode) -> None:
    """Choose the journal. SQLite does not wait for others by itself where that changes the file, so it is done here."""
    patient_until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patient_until:
                raise
            time.sleep(0.01)
        else:
            return


def _make_tables(connection: sqlite3.Connection, path: Path, header: str) -> None:
    if not _is_blank(connection):
        raise StudyError("record-exists", path=path)
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO fact VALUES ('header', ?)", (header,))
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN")  # one look at all three, whatever another process is making of the file meanwhile
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        blank = _is_blank(connection)
    finally:
        connection.execute("ROLLBACK")
    if application != _APPLICATION:
        # An empty file is what a crash before the first transaction leaves.
        raise StudyError("no-record" if blank else "record-not-ours", path=path)
    if found > FORMAT:
        raise StudyError("record-newer", path=path, found=found, known=FORMAT)


def _is_blank(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return tables == 0
