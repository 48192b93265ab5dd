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
import math
import sqlite3
import time
from array import array
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.cost import Attempt
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage import database, supervisor_lock
from ratecraft.records.storage.codec import SERIES, from_plain, to_plain
from ratecraft.records.storage.database import JournalMode
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.rows import counted_event, event_of, json_text, row_of
from ratecraft.records.storage.series import SeriesKey, checksum, join, merge, pack, unpack

__all__ = ["Record"]

_LONGEST_WAIT = 1.0  # seconds of training that a crash may cost a running job's series, and a power cut in all

T = TypeVar("T")


class Record:
    """One study's record; made by `create` or `open`, closed by `close` or as a context manager.

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
        self._connection = connection
        self._holder: supervisor_lock.Holder | None = None
        self._buffer: list[tuple[str, int, SeriesBlock]] = []
        self._buffered_since = 0.0
        self._synced, self._is_behind = -math.inf, False  # when, and whether something was committed since

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
            self.flush()
            if self._holder is not None:
                supervisor_lock.release(self._connection, self.path, self._holder)
        finally:
            self._holder = None
            self._buffer.clear()
            self._connection.close()

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
        self._holder = supervisor_lock.claim(self._connection, self.path)

    def supervisor(self) -> supervisor_lock.Holder | None:
        """The living process that drives the study now."""
        with database.sqlite_errors(self.path):
            holder = supervisor_lock.recorded_holder(self._connection)
        return holder if holder is not None and supervisor_lock.is_alive(holder) else None

    def append(self, event: Proposed | Started | Finished) -> None:
        """Append an event; it is on disk, with all series told before it, when this returns.

        Raises:
            StudyError: `disk-full`, `study-taken-over` and what `database.sqlite_errors` names.
        """
        with self._writing():
            self._store_buffer()
            if isinstance(event, Finished):
                self._complete_series(event)
            self._connection.execute("INSERT INTO event (kind, job, body) VALUES (?, ?, ?)", row_of(event))
        self._buffer.clear()

    def extend_series(self, job: str, attempt: int, block: SeriesBlock) -> None:
        """Add a stretch of a series of an attempt; on disk within a second of calls, or after `flush`."""
        if not self._buffer:
            self._buffered_since = time.monotonic()
        self._buffer.append((job, attempt, block))
        self.flush_due()

    def flush_due(self) -> None:
        """Commit the buffered series, and see to what a power cut could take, after a second; for a driver's loop."""
        if self._buffer and time.monotonic() - self._buffered_since >= _LONGEST_WAIT:
            self.flush()
        if self._is_behind and time.monotonic() - self._synced >= _LONGEST_WAIT:
            with database.sqlite_errors(self.path):
                database.sync(self._connection)
            self._synced, self._is_behind = time.monotonic(), False

    def flush(self) -> None:
        """Commit the buffered series now.

        Raises:
            StudyError: Same as `append`.
        """
        if self._buffer:
            with self._writing():
                self._store_buffer()
            self._buffer.clear()

    def events(self) -> Iterator[Event]:
        """All events in order, outcomes with their series; a finish whose series are damaged is left out.

        Raises:
            StudyError: `record-damaged`, or a job of a newer version (`job-newer`).
        """
        self.flush()
        starts: dict[str, int] = {}
        for (body,) in self._rows("SELECT body FROM event ORDER BY number"):
            event, counts = self._read(counted_event, body)
            match event:
                case Proposed(job):
                    starts[job.key] = job.start
                    yield event
                case Finished():
                    whole = self._with_series(event, counts, starts.get(event.outcome.job, 0))
                    if whole is not None:
                        yield whole
                case _:
                    yield event

    def numbered_events(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Events with their numbers, outcomes without their series, for a viewer that follows a study as it goes.

        Args:
            after: Number of the last event that is known.

        Raises:
            StudyError: Same as `events`.
        """
        self.flush()
        for number, body in self._rows("SELECT number, body FROM event WHERE number > ? ORDER BY number", after):
            yield number, self._read(event_of, body)

    def job_events(self, job: str) -> tuple[Event, ...]:
        """What happened to one job, in order, its outcome without series; no other job's events are read.

        Raises:
            StudyError: Same as `events`.
        """
        self.flush()
        rows = self._rows("SELECT body FROM event WHERE job = ? ORDER BY number", job)
        return tuple(self._read(event_of, body) for (body,) in rows)

    def finish(self, job: str) -> Finished | None:
        """How a job ended, with its series; None if it has not ended, or its series are damaged.

        Raises:
            StudyError: Same as `events`.
        """
        self.flush()
        finished = self._finished(job)
        return self._with_series(*finished, self._start(job)) if finished else None

    def job(self, key: str) -> Job | None:
        """The job as it was proposed; None if none of this key was.

        Raises:
            StudyError: Same as `events`.
        """
        proposals = self._rows("SELECT body FROM event WHERE job = ? AND kind = 'proposed' LIMIT 1", key)
        event = next((self._read(event_of, body) for (body,) in proposals), None)
        return event.job if isinstance(event, Proposed) else None

    def later_series(self, job: str, attempt: int, name: str, first: int) -> "array[float]":
        """The unbroken values of an attempt from step `first` on; what lies before is not read.

        Args:
            job: Key of the job.
            attempt: The attempt at it.
            name: `loss`, `own_rate` or `frozen_loss`.
            first: Step from which blocks are read, such as the end of what is known.
        """
        self.flush()
        query = (
            "SELECT first, count, crc, packed FROM block WHERE job = ? AND attempt = ? AND name = ? "
            "AND first + count > ? ORDER BY first"
        )
        begin, packed = join((job, attempt, name), self._rows(query, job, attempt, name, first))
        return unpack(packed[8 * (first - begin) :] if begin <= first else b"")

    def series(self, job: str, name: str, attempt: int | None = None) -> "array[float]":
        """A job's `loss`, `own_rate` or `frozen_loss`, from the job's own first step on, as far as it is unbroken.

        Args:
            job: Key of the job.
            name: Name of the series.
            attempt: None is the attempt that ended the job, else the latest that told anything.
        """
        self.flush()
        chosen = self._telling_attempt(job) if attempt is None else attempt
        return unpack(self._packed((job, chosen, name), _first(name, self._start(job))))

    def reached(self) -> Mapping[Attempt, int]:
        """Steps that each attempt did, as its series show: from the lowest to the highest that it told."""
        self.flush()
        rows = self._rows(
            "SELECT job, attempt, max(first + count) - min(first) FROM block "
            "WHERE name <> 'frozen_loss' GROUP BY job, attempt"
        )
        return {(job, attempt): steps for job, attempt, steps in rows}

    def set_answer(self, answer: Answer) -> None:
        """Store the study's answer: the study is finished.

        Raises:
            StudyError: Same as `append`.
        """
        self.set_fact("answer", answer)

    def answer(self) -> Answer | None:
        """The study's answer; None while it has none.

        Raises:
            StudyError: It cannot be read (`record-damaged`).
        """
        return self.fact("answer", Answer)

    def set_fact(self, name: str, value: object) -> None:
        """Store one value by its name, in the place of the one before.

        Raises:
            StudyError: Same as `append`.
        """
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, json_text(to_plain(value))))

    def fact(self, name: str, kind: type[T]) -> T | None:
        """The value of this name; None if there is none.

        Raises:
            StudyError: It cannot be read (`record-damaged`).
        """
        rows = self._rows("SELECT body FROM fact WHERE name = ?", name)
        return self._read(lambda body: from_plain(kind, json.loads(body)), rows[0][0]) if rows else None

    @contextmanager
    def _writing(self) -> Generator[None, None, None]:
        """One transaction, refused where another supervisor has taken the study over."""
        is_due = time.monotonic() - self._synced >= _LONGEST_WAIT
        with database.transaction(self._connection, self.path, sync=is_due):
            if self._holder is not None and supervisor_lock.recorded_holder(self._connection) != self._holder:
                raise StudyError("study-taken-over", study=self.path.parent.name)
            yield
        self._synced, self._is_behind = time.monotonic() if is_due else self._synced, not is_due

    def _store_buffer(self) -> None:
        for job, attempt, block in merge(self._buffer):
            self._store_block((job, attempt, block.name), block.first, block.values)

    def _store_block(self, key: SeriesKey, first: int, packed: bytes) -> None:
        self._connection.execute(
            "INSERT INTO block (job, attempt, name, first, count, crc, packed) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, first, len(packed) // 8, checksum(key, first, packed), packed),
        )

    def _complete_series(self, event: Finished) -> None:
        """Store the outcome's series where the blocks told so far do not give them: another job's process told them."""
        job = event.outcome.job
        wanted_by = {name: pack(getattr(event.outcome, field)) for field, name in SERIES.items()}
        start = self._start(job) if any(wanted_by.values()) else 0
        for name, wanted in wanted_by.items():
            key, first = (job, event.attempt, name), _first(name, start)
            if wanted and self._packed(key, first)[: len(wanted)] != wanted:
                self._connection.execute("DELETE FROM block WHERE job = ? AND attempt = ? AND name = ?", key)
                self._store_block(key, first or 0, wanted)

    def _with_series(self, event: Finished, counts: Mapping[str, int], start: int) -> Finished | None:
        """The finish with the series of its attempt; None where one of them is not whole."""
        series: dict[str, tuple[float, ...]] = {}
        for field, count in counts.items():
            name = SERIES[field]
            packed = self._packed((event.outcome.job, event.attempt, name), _first(name, start)) if count else b""
            if len(packed) < 8 * count:
                return None
            series[field] = tuple(unpack(packed[: 8 * count]))
        return replace(event, outcome=replace(event.outcome, **series))

    def _packed(self, key: SeriesKey, first: int | None) -> bytes:
        """The unbroken values from step `first` on; None is from where the series begins."""
        of_series = "FROM block WHERE job = ? AND attempt = ? AND name = ? ORDER BY first"
        begin, packed = join(key, self._rows(f"SELECT first, count, crc, packed {of_series}", *key))
        if first is None or first == begin:
            return packed
        return packed[8 * (first - begin) :] if first > begin else b""

    def _start(self, key: str) -> int:
        """The job's own first step."""
        job = self.job(key)
        return job.start if job else 0

    def _finished(self, job: str) -> tuple[Finished, Mapping[str, int]] | None:
        """The job's last finish without its series, and how long each of them is."""
        query = "SELECT body FROM event WHERE job = ? AND kind = 'finished' ORDER BY number DESC LIMIT 1"
        for (body,) in self._rows(query, job):
            event, counts = self._read(counted_event, body)
            return (event, counts) if isinstance(event, Finished) else None
        return None

    def _telling_attempt(self, job: str) -> int:
        """The attempt that ended the job, else the latest that told anything."""
        if finished := self._finished(job):
            return finished[0].attempt
        ((latest,),) = self._rows("SELECT coalesce(max(attempt), 0) FROM block WHERE job = ?", job)
        return latest

    def _rows(self, query: str, *values: object) -> list[Any]:
        with database.sqlite_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    def _read(self, reader: Callable[[str], T], body: str) -> T:
        """What a reader makes of stored JSON; what it cannot read is damage."""
        try:
            return reader(body)
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise StudyError("record-damaged", path=self.path, reason=str(error)) from error


def _first(name: str, start: int) -> int | None:
    """The first step of a job's series; None for frozen losses, which are not steps of the run."""
    return None if name == "frozen_loss" else start
