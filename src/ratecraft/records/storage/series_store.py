"""The series of a record: blocks as runs tell them, buffered, stored with a checksum and joined again on reading.

Path:   a run tells a block -> buffer -> table `block` -> the unbroken series of an attempt.
Units:  steps are optimizer steps of the run, counted from its step 0.

What an outcome's series were is what is read back, bit for bit, or it is not read back at all.
"""

import sqlite3
import time
from array import array
from collections.abc import Mapping
from dataclasses import replace

from ratecraft.records.cost import Attempt
from ratecraft.records.events import Finished
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.codec import SERIES
from ratecraft.records.storage.event_log import EventLog
from ratecraft.records.storage.record_file import LONGEST_WAIT, RecordFile
from ratecraft.records.storage.series import SeriesKey, checksum, join, merge, pack, unpack


class SeriesStore:
    """The series of all attempts at the jobs of a study. Whatever reads stores first what is buffered."""

    def __init__(self, file: RecordFile, log: EventLog) -> None:
        self._file = file
        self._log = log
        self._buffer: list[tuple[str, int, SeriesBlock]] = []
        self._buffered_since = 0.0

    def extend(self, job: str, attempt: int, block: SeriesBlock) -> None:
        """Add a stretch of a series of an attempt; on disk within a second of calls, or after `flush`."""
        if not self._buffer:
            self._buffered_since = time.monotonic()
        self._buffer.append((job, attempt, block))
        self.flush_if_due()

    def flush_if_due(self) -> None:
        """Commit what has been buffered for a second."""
        if self._buffer and time.monotonic() - self._buffered_since >= LONGEST_WAIT:
            self.flush()

    def flush(self) -> None:
        """Commit what is buffered now.

        Raises:
            StudyError: Same as `RecordFile.writing`.
        """
        if self._buffer:
            with self._file.writing() as connection:
                self.store_buffer(connection)
            self.clear_buffer()

    def store_buffer(self, connection: sqlite3.Connection) -> None:
        """Store what is buffered, within a transaction; it stays in the buffer until that is committed."""
        for job, attempt, block in merge(self._buffer):
            _store(connection, (job, attempt, block.name), block.first, block.values)

    def clear_buffer(self) -> None:
        """Forget what is buffered: it is committed, or is to be lost."""
        self._buffer.clear()

    def complete(self, event: Finished, connection: sqlite3.Connection) -> None:
        """Store the outcome's series where the blocks told so far do not give them: another job's process told them."""
        job = event.outcome.job
        wanted_by = {name: pack(getattr(event.outcome, field)) for field, name in SERIES.items()}
        start = self._log.start(job) if any(wanted_by.values()) else 0
        for name, wanted in wanted_by.items():
            key, first = (job, event.attempt, name), _first(name, start)
            if wanted and self._packed(key, first)[: len(wanted)] != wanted:
                connection.execute("DELETE FROM block WHERE job = ? AND attempt = ? AND name = ?", key)
                _store(connection, key, first or 0, wanted)

    def completed(self, event: Finished, counts: Mapping[str, int], start: int) -> Finished | None:
        """The finish with the series of its attempt; None where one of them is not whole.

        Args:
            event: The finish, without series.
            counts: Length of each series, by the name of the outcome's field.
            start: The job's own first step.
        """
        series: dict[str, tuple[float, ...]] = {}
        for field, count in counts.items():
            name = SERIES[field]
            packed = self._packed((event.outcome.job, event.attempt, name), _first(name, start)) if count else b""
            if len(packed) < 8 * count:
                return None
            series[field] = tuple(unpack(packed[: 8 * count]))
        return replace(event, outcome=replace(event.outcome, **series))

    def of(self, job: str, name: str, attempt: int | None = None) -> "array[float]":
        """A job's series from the job's own first step on, as far as it is unbroken.

        Args:
            job: Key of the job.
            name: `loss`, `own_rate` or `frozen_loss`.
            attempt: None is the attempt that ended the job, else the latest that told anything.
        """
        self.flush()
        chosen = self._telling_attempt(job) if attempt is None else attempt
        return unpack(self._packed((job, chosen, name), _first(name, self._log.start(job))))

    def later(self, job: str, attempt: int, name: str, first: int) -> "array[float]":
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
        begin, packed = join((job, attempt, name), self._file.rows(query, job, attempt, name, first))
        return unpack(packed[8 * (first - begin) :] if begin <= first else b"")

    def reached(self) -> Mapping[Attempt, int]:
        """Steps that each attempt did, as its series show: from the lowest to the highest that it told."""
        self.flush()
        rows = self._file.rows(
            "SELECT job, attempt, max(first + count) - min(first) FROM block "
            "WHERE name <> 'frozen_loss' GROUP BY job, attempt"
        )
        return {(job, attempt): steps for job, attempt, steps in rows}

    def _telling_attempt(self, job: str) -> int:
        """The attempt that ended the job, else the latest that told anything."""
        ended = self._log.finish(job)
        if ended is not None:
            return ended[0].attempt
        ((latest,),) = self._file.rows("SELECT coalesce(max(attempt), 0) FROM block WHERE job = ?", job)
        return latest

    def _packed(self, key: SeriesKey, first: int | None) -> bytes:
        """The unbroken values from step `first` on; None is from where the series begins."""
        of_series = "FROM block WHERE job = ? AND attempt = ? AND name = ? ORDER BY first"
        begin, packed = join(key, self._file.rows(f"SELECT first, count, crc, packed {of_series}", *key))
        if first is None or first == begin:
            return packed
        return packed[8 * (first - begin) :] if first > begin else b""


def _store(connection: sqlite3.Connection, key: SeriesKey, first: int, packed: bytes) -> None:
    connection.execute(
        "INSERT INTO block (job, attempt, name, first, count, crc, packed) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*key, first, len(packed) // 8, checksum(key, first, packed), packed),
    )


def _first(name: str, start: int) -> int | None:
    """The first step of a job's series; None for frozen losses, which are not steps of the run."""
    return None if name == "frozen_loss" else start
