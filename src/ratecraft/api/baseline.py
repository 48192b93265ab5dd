"""A baseline that an earlier study of the same script ran is not run again.

Path:   a study that was put aside -> its baseline's events and files -> the new study.
Source: DESIGN §2, "Cost".
"""

import shutil
from collections.abc import Iterable
from dataclasses import replace

from ratecraft.errors import StudyError
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.header import StudyHeader
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder

__all__ = ["take_over_baseline"]

_DECIDING = ("threads", "seed", "metric")


def take_over_baseline(aside: StudyFolder, folder: StudyFolder, record: Record) -> None:
    """Record the baseline of the study put aside, where it has one of the same script, arguments and environment.

    What it cost was paid by that study: in this one it has executed nothing.
    """
    try:
        with Record.open(aside.record, read_only=True) as old:
            same = _environment(old.header) == _environment(record.header)
            found = _baseline(old.events()) if same else None
    except StudyError:
        return  # it was put aside because it cannot be read
    if found is None:
        return
    proposed, finished = found
    shutil.copytree(aside.baseline, folder.baseline, dirs_exist_ok=True, symlinks=True)
    record.append(proposed)
    free = replace(finished.outcome, executed=0, frozen=0, evaluation_steps=0.0, seconds=0.0)
    record.append(Finished(free, attempt=0))


def _environment(header: StudyHeader) -> tuple[object, ...]:
    settings = (header.settings.get(name) for name in _DECIDING)
    return (header.script, header.arguments, header.script_hash, header.torch_version, *settings)


def _baseline(events: Iterable[Event]) -> tuple[Proposed, Finished] | None:
    """The baseline's proposal and its end, where it came to one that was no failure."""
    proposed: Proposed | None = None
    for event in events:
        match event:
            case Proposed(phase="baseline"):
                proposed = event
            case Finished(outcome) if proposed and outcome.job == proposed.job.key and outcome.failure is None:
                return proposed, event
            case _:
                continue
    return None
