"""Mirrors ratecraft/records/storage/rows.py."""

import json

import pytest

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.rows import counted_event, event_of, row_of

JOB = Job(stop=25)
EVENTS = (
    Proposed(JOB, "bracket"),
    Started(JOB.key, 2),
    Finished(Outcome(JOB.key, Ending.DONE, steps=25, losses=(3.0, 2.5)), 2),
)


@pytest.mark.parametrize("event", EVENTS)
def test_a_row_names_its_kind_and_its_job(event: Proposed | Started | Finished) -> None:
    kind, job, body = row_of(event)
    assert (kind, job) == (type(event).__name__.lower(), JOB.key)
    assert json.loads(body)["kind"] == kind


@pytest.mark.parametrize("event", EVENTS[:2])
def test_an_event_without_series_comes_back_whole(event: Proposed | Started) -> None:
    _, _, body = row_of(event)
    found: tuple[Event, object] = (event, {})
    assert counted_event(body) == found
    assert event_of(body) == event


def test_of_a_finish_the_lengths_of_its_series_are_told() -> None:
    event, counts = counted_event(row_of(EVENTS[2])[2])
    assert isinstance(event, Finished)
    assert (event.outcome.losses, event.outcome.steps) == ((), 25)
    assert counts == {"losses": 2, "own_rates": 0, "frozen_losses": 0, "norms": 0}


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind of event"):
        event_of('{"kind": "imagined"}')
