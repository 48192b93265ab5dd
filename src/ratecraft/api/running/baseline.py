"""The result of a study that got no further than its first run.

Path:   the events of a study -> its baseline, or whether it can be started again without anything being lost.
"""

from collections.abc import Iterable

from ratecraft.errors import StudyError
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder

_FIRST_RUNS = ("baseline", "census")


def is_superseded(folder: StudyFolder) -> bool:
    """Whether a command begins a study again without being told to: its first run failed, so nothing is lost."""
    try:
        with Record.open(folder.record, read_only=True) as record:
            if record.supervisor() is not None:
                return False
            events = tuple(record.events())
    except StudyError:
        return False  # it is told where the study is opened
    if any(event.phase not in _FIRST_RUNS for event in events if isinstance(event, Proposed)):
        return False
    return any(event.outcome.ending is Ending.FAILED for event in events if isinstance(event, Finished))


def baseline_of(events: Iterable[Event]) -> Outcome | None:
    """The outcome of the baseline, if it ended without a failure; else None."""
    baseline = ""
    for event in events:
        match event:
            case Proposed(job, phase="baseline"):
                baseline = job.key
            case Finished(outcome) if outcome.job == baseline and outcome.failure is None:
                return outcome
            case _:
                continue
    return None
