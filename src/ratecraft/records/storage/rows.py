"""Events as rows of the record: their kind, their job, and the rest as JSON.

Path:   event -> (kind, job, body) of table `event` -> the same event, and how long the series of an outcome are.
"""

import json
from collections.abc import Mapping

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.storage.codec import event_from_json, event_to_json, series_counts

__all__ = ["counted_event", "event_of", "json_text", "row_of"]


def row_of(event: Proposed | Started | Finished) -> tuple[str, str, str]:
    """Kind, key of the job, body."""
    match event:
        case Proposed(job):
            key = job.key
        case Started(key):
            pass
        case Finished(outcome):
            key = outcome.job
    plain = event_to_json(event)
    return plain["kind"], key, json_text(plain)


def event_of(body: str) -> Event:
    """The event, an outcome without its series.

    Raises:
        ValueError: It is none.
    """
    return event_from_json(json.loads(body))


def counted_event(body: str) -> tuple[Event, Mapping[str, int]]:
    """The event, and of a finish: field of the outcome to the length of its series.

    Raises:
        KeyError, TypeError, ValueError: It is none.
    """
    plain = json.loads(body)
    event = event_from_json(plain)
    return event, series_counts(plain) if isinstance(event, Finished) else {}


def json_text(plain: object) -> str:
    """Plain values as compact JSON."""
    return json.dumps(plain, allow_nan=False, separators=(",", ":"))
