"""Mirrors ratecraft/records/storage/event_log.py."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ratecraft.errors import StudyError
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.database import lay_out
from ratecraft.records.storage.event_log import EventLog
from ratecraft.records.storage.record_file import RecordFile

JOB = Job(start=8, stop=25)
PROPOSED, STARTED = Proposed(JOB, "bracket"), Started(JOB.key, 2)
FINISHED = Finished(Outcome(JOB.key, Ending.DONE, steps=25, losses=(3.0, 2.5)), 2)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[RecordFile]:
    path = tmp_path / "record.sqlite"
    opened = RecordFile(path, lay_out(path, "WAL", "{}"))
    yield opened
    opened.close()


def logged(file: RecordFile, *events: Proposed | Started | Finished) -> EventLog:
    log = EventLog(file)
    with file.writing() as connection:
        for event in events:
            log.append(event, connection)
    return log


def test_a_row_names_its_kind_and_its_job(file: RecordFile) -> None:
    logged(file, PROPOSED, STARTED, FINISHED)
    rows = file.rows("SELECT kind, job, body FROM event ORDER BY number")
    assert [row[:2] for row in rows] == [(kind, JOB.key) for kind in ("proposed", "started", "finished")]
    assert [json.loads(body)["kind"] for _, _, body in rows] == ["proposed", "started", "finished"]


def test_an_event_without_series_comes_back_whole(file: RecordFile) -> None:
    log = logged(file, PROPOSED, STARTED)
    assert list(log.counted()) == [(PROPOSED, {}), (STARTED, {})]
    assert list(log.after(1)) == [(2, STARTED)]


def test_of_a_finish_the_lengths_of_its_series_are_told(file: RecordFile) -> None:
    found = logged(file, FINISHED).finish(JOB.key)
    assert found is not None
    assert (found[0].outcome.losses, found[0].outcome.steps) == ((), 25)
    assert found[1] == {"losses": 2, "own_rates": 0, "frozen_losses": 0, "norms": 0}


def test_the_events_of_one_job_are_read_without_those_of_others(file: RecordFile) -> None:
    log = logged(file, PROPOSED, Started("other", 1), STARTED)
    assert log.of_job(JOB.key) == (PROPOSED, STARTED)
    assert (log.job(JOB.key), log.job("other"), log.finish(JOB.key)) == (JOB, None, None)
    assert (log.start(JOB.key), log.start("other")) == (8, 0)


def test_a_job_that_ended_twice_ended_as_the_second_finish_says(file: RecordFile) -> None:
    again = Finished(Outcome(JOB.key, Ending.DONE, steps=25), 3)
    found = logged(file, FINISHED, again).finish(JOB.key)
    assert found is not None
    assert found[0].attempt == 3


def test_what_is_no_event_is_damage(file: RecordFile) -> None:
    with file.writing() as connection:
        connection.execute("INSERT INTO event (kind, job, body) VALUES ('started', 'x', '{\"kind\": \"imagined\"}')")
    with pytest.raises(StudyError, match="no kind of event"):
        list(EventLog(file).after(0))
