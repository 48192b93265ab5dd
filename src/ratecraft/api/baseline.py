"""What a study is worth that came no further than its first run: a baseline that need not be run again.

Path:   a study of the same script -> its baseline's events and files -> the study that takes its place.
Source: DESIGN §2, "Cost".
"""

import shutil
from collections.abc import Iterable
from dataclasses import replace

from ratecraft.controllers.settings import TunerSettings
from ratecraft.controllers.start import baseline_job
from ratecraft.errors import StudyError
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.header import StudyHeader, check_identity
from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder

__all__ = ["baseline_of", "is_superseded", "take_over_baseline"]

_FIRST_RUNS = ("baseline", "census")


def is_superseded(folder: StudyFolder, header: StudyHeader) -> bool:
    """Whether a command begins a study anew without being told to, since nothing is lost by it.

    So it is where the first run failed, for then there is nothing to go on from; and where the first run is all that
    there is and the command gives other settings, for the baseline is taken over.
    """
    try:
        with Record.open(folder.record, read_only=True) as record:
            if record.supervisor() is not None:
                return False
            events, begun = tuple(record.events()), record.header
    except StudyError:
        return False  # it is told where the study is opened
    if any(event.phase not in _FIRST_RUNS for event in events if isinstance(event, Proposed)):
        return False
    failed = any(event.outcome.ending is Ending.FAILED for event in events if isinstance(event, Finished))
    return failed or (bool(events) and _has_other_settings(begun, header))


def _has_other_settings(begun: StudyHeader, now: StudyHeader) -> bool:
    try:
        check_identity(begun, now)
    except StudyError as error:
        return error.code == "changed-settings"
    return False


def take_over_baseline(aside: StudyFolder, folder: StudyFolder, record: Record, settings: TunerSettings) -> None:
    """Record the baseline of the study put aside, where it has one of the same script, arguments and environment.

    What it cost was paid by that study: in this one it has executed nothing.
    """
    try:
        with Record.open(aside.record, read_only=True) as old:
            same = _environment(old.header) == _environment(record.header) and _knows_parts(old.header, settings)
            found = baseline_of(old.events()) if same else None
    except StudyError:
        return  # it was put aside because it cannot be read
    if found is None or not _tells(found, settings):
        return
    shutil.copytree(aside.baseline, folder.baseline, dirs_exist_ok=True, symlinks=True)
    job = baseline_job(settings)
    record.append(Proposed(job, "baseline"))
    record.append(Finished(_as_outcome_of(job.key, found), attempt=0))


def _environment(header: StudyHeader) -> tuple[object, ...]:
    settings = (header.settings.get(name) for name in ("threads", "seed"))
    return (header.words, header.arguments, header.script_hash, header.task, header.torch_version, *settings)


def _knows_parts(header: StudyHeader, settings: TunerSettings) -> bool:
    """Whether it was looked for body and head as it is to be now, where it is to be at all."""
    asked = (settings.groups, settings.head)
    return not settings.groups or asked == tuple(header.settings.get(name) for name in ("groups", "head"))


def baseline_of(events: Iterable[Event]) -> Outcome | None:
    """What came of the baseline, where it came to an end that was no failure."""
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


def _tells(baseline: Outcome, settings: TunerSettings) -> bool:
    """Whether its figures hold the one to compare: an unusual name is seen only where it is looked for."""
    names = {normal_name(figure.name) for figure in baseline.figures}
    return settings.baseline and (settings.metric is None or settings.metric.name in names)


def _as_outcome_of(key: str, baseline: Outcome) -> Outcome:
    """The same outcome for a job that may look for another metric: its figures alone say how the run came out."""
    free = replace(baseline, executed=0, frozen=0, evaluation_steps=0.0, seconds=0.0)
    return replace(free, job=key, model="", score=None, best_score=None, best_step=None)
