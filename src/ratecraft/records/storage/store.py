"""The record of a study: one SQLite file that only grows; all state is a fold over what it holds.

Path:   the driver appends events and series -> the record -> controllers on resume, costs, reports.
Units:  steps of a series are optimizer steps of the run, counted from its step 0.
Source: docs/reference/studies.md, "Record".

An event is committed when `append` returns: it outlives this process, however that ends. A power cut may take what was
committed within a second of the last fsync, which many short trials share; a longer trial has its own. Series are
buffered for up to a second, then committed together. A finish whose series cannot be read whole again (a damaged block)
is passed over on reading, so that its job counts as unfinished and is run again.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.storage import database
from ratecraft.records.storage.codec import from_plain, json_text, to_plain
from ratecraft.records.storage.database import JournalMode
from ratecraft.records.storage.event_log import EventLog
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.record_file import RecordFile
from ratecraft.records.storage.series_store import SeriesStore
from ratecraft.records.storage.supervisor_lock import Holder

T = TypeVar("T")


class Record:
    """One study's record; made by `create` or `open`, closed by `close` or as a context manager.

    Attributes:
        path: The file.
        series: What runs told at each step.

    Example:
        >>> import tempfile
        >>> header = StudyHeader("tune-train", "tune", "train.py", (), "e3b0", "2.4.0")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with Record.create(Path(folder, "record.sqlite"), header) as record:
        ...         record.append(Started("9f86d081884c7d65", 1))
        ...         list(record.events())
        [Started(job='9f86d081884c7d65', attempt=1)]
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._file = RecordFile(path, connection)
        self._log = EventLog(self._file)
        self.series = SeriesStore(self._file, self._log)

    @classmethod
    def create(cls, path: Path, header: StudyHeader, journal_mode: JournalMode = "WAL") -> "Record":
        """Make a new record.

        Args:
            path: The file; its folder is there.
            header: What the study is of.
            journal_mode: `DELETE` on a network file system (see `file_systems`).

        Raises:
            StudyError: There is a record already (`record-exists`); the folder is read-only (`directory-read-only`).
        """
        return cls(path, database.lay_out(path, journal_mode, json_text(to_plain(header))))

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, journal_mode: JournalMode | None = None) -> "Record":
        """Open the record of a study that was begun; read-only beside a supervisor at work.

        Args:
            path: The file.
            read_only: Change nothing.
            journal_mode: None leaves it as it is.

        Raises:
            StudyError: `no-record`, `record-not-ours`, `record-newer`, `record-damaged`, `directory-read-only`.
        """
        return cls(path, database.connect_to_read(path) if read_only else database.connect(path, journal_mode))

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is buffered, give the study up and close the file; safe to call twice."""
        try:
            self.series.flush()
            self._file.release()
        finally:
            self.series.clear_buffer()
            self._file.close()

    @property
    def header(self) -> StudyHeader:
        """What the study is of.

        Raises:
            StudyError: It cannot be read (`record-damaged`).
        """
        header = self.fact("header", StudyHeader)
        if header is None:
            raise StudyError("record-damaged", path=self.path, reason="header")
        return header

    def claim(self) -> None:
        """Become the study's one supervisor until `close`; each later write checks that it still is.

        Raises:
            StudyError: Another one is at work (`study-busy`).
        """
        self._file.claim()

    def supervisor(self) -> Holder | None:
        """The living process that drives the study now."""
        return self._file.supervisor()

    def append(self, event: Proposed | Started | Finished) -> None:
        """Append an event; it is on disk, with all series told before it, when this returns.

        Raises:
            StudyError: `disk-full`, `study-taken-over` and what `database.sqlite_errors` names.
        """
        with self._file.writing() as connection:
            self.series.store_buffer(connection)
            if isinstance(event, Finished):
                self.series.complete(event, connection)
            self._log.append(event, connection)
        self.series.clear_buffer()

    def flush_due(self) -> None:
        """Commit the buffered series, and see to what a power cut could take, after a second; for a driver's loop."""
        self.series.flush_if_due()
        self._file.sync_if_due()

    def events(self) -> Iterator[Event]:
        """All events in order, outcomes with their series; a finish whose series are damaged is left out.

        Raises:
            StudyError: `record-damaged`, or a job of a newer version (`job-newer`).
        """
        self.series.flush()
        starts: dict[str, int] = {}
        for event, counts in self._log.counted():
            if isinstance(event, Proposed):
                starts[event.job.key] = event.job.start
            if not isinstance(event, Finished):
                yield event
            elif whole := self.series.completed(event, counts, starts.get(event.outcome.job, 0)):
                yield whole

    def numbered_events(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Events with their numbers, outcomes without their series, for a viewer that follows a study as it goes.

        Args:
            after: Number of the last event that is known.
        """
        self.series.flush()
        yield from self._log.after(after)

    def job_events(self, job: str) -> tuple[Event, ...]:
        """What happened to one job, in order, its outcome without series; no other job's events are read."""
        self.series.flush()
        return self._log.of_job(job)

    def finish(self, job: str) -> Finished | None:
        """How a job ended, with its series; None if it has not ended, or its series are damaged."""
        self.series.flush()
        ended = self._log.finish(job)
        return None if ended is None else self.series.completed(*ended, self._log.start(job))

    def job(self, key: str) -> Job | None:
        """The job as it was proposed; None if none of this key was."""
        return self._log.job(key)

    def set_answer(self, answer: Answer) -> None:
        """Store the study's answer: the study is finished."""
        self.set_fact("answer", answer)

    def answer(self) -> Answer | None:
        """The study's answer; None while it has none."""
        return self.fact("answer", Answer)

    def set_fact(self, name: str, value: object) -> None:
        """Store one value by its name, in the place of the one before.

        Raises:
            StudyError: Same as `append`.
        """
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, json_text(to_plain(value))))

    def fact(self, name: str, kind: type[T]) -> T | None:
        """The value of this name; None if there is none.

        Raises:
            StudyError: It cannot be read (`record-damaged`).
        """
        rows = self._file.rows("SELECT body FROM fact WHERE name = ?", name)
        return self._file.read(lambda body: from_plain(kind, json.loads(body)), rows[0][0]) if rows else None
