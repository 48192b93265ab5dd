"""The events of a record, as they stand in its table: kind, job, and the rest as JSON. They are only ever appended.

Path:   event -> (kind, job, body) of table `event` -> the same event, and how long the series of an outcome are.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.storage.codec import event_from_json, event_to_json, json_text, series_counts
from ratecraft.records.storage.record_file import RecordFile


class EventLog:
    """Events in the order in which they happened, outcomes without their series.

    Every method that reads raises a `StudyError` for what it cannot read: `record-damaged`, or a job of a newer version
    (`job-newer`).
    """

    def __init__(self, file: RecordFile) -> None:
        self._file = file

    def append(self, event: Proposed | Started | Finished, connection: sqlite3.Connection) -> None:
        """Append an event within a transaction."""
        match event:
            case Proposed(job):
                key = job.key
            case Started(key):
                pass
            case Finished(outcome):
                key = outcome.job
        plain = event_to_json(event)
        row = plain["kind"], key, json_text(plain)
        connection.execute("INSERT INTO event (kind, job, body) VALUES (?, ?, ?)", row)

    def counted(self) -> Iterator[tuple[Event, Mapping[str, int]]]:
        """All events; a finish with the length of each series that its outcome has, by the name of the field."""
        for (body,) in self._file.rows("SELECT body FROM event ORDER BY number"):
            yield self._file.read(_counted, body)

    def after(self, number: int) -> Iterator[tuple[int, Event]]:
        """The events behind one, each with its number."""
        query = "SELECT number, body FROM event WHERE number > ? ORDER BY number"
        for later, body in self._file.rows(query, number):
            yield later, self._file.read(_event, body)

    def of_job(self, key: str) -> tuple[Event, ...]:
        """The events of one job; no other's are read."""
        rows = self._file.rows("SELECT body FROM event WHERE job = ? ORDER BY number", key)
        return tuple(self._file.read(_event, body) for (body,) in rows)

    def job(self, key: str) -> Job | None:
        """The job as it was proposed; None if none of this key was."""
        rows = self._file.rows("SELECT body FROM event WHERE job = ? AND kind = 'proposed' LIMIT 1", key)
        event = next((self._file.read(_event, body) for (body,) in rows), None)
        return event.job if isinstance(event, Proposed) else None

    def start(self, key: str) -> int:
        """The job's own first step; 0 of a job that was never proposed."""
        job = self.job(key)
        return job.start if job else 0

    def finish(self, key: str) -> tuple[Finished, Mapping[str, int]] | None:
        """How a job ended last, with the lengths of its series; None if it has not ended."""
        query = "SELECT body FROM event WHERE job = ? AND kind = 'finished' ORDER BY number DESC LIMIT 1"
        for (body,) in self._file.rows(query, key):
            event, counts = self._file.read(_counted, body)
            if isinstance(event, Finished):
                return event, counts
        return None


def _event(body: str) -> Event:
    return event_from_json(json.loads(body))


def _counted(body: str) -> tuple[Event, Mapping[str, int]]:
    plain = json.loads(body)
    event = event_from_json(plain)
    return event, series_counts(plain) if isinstance(event, Finished) else {}
