"""ratecraft's own records: the baseline, every probe and the final run of a study, each a run; a run that was watched.

Path:   a study's record -> `Reading` -> diagnosis.
Units:  optimizer steps, counted from a run's step 0.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ratecraft.importers.names import meaning_of
from ratecraft.importers.points import Points
from ratecraft.importers.reading import Reading
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.watched import RUN, Watched, ended_notes, steps_name, watched_of
from ratecraft.records.watching.guarding import guard_notes
from ratecraft.records.watching.observed import Fact, ObservedRun, ObservedSeries, observed_series


def read_study(path: Path) -> Reading:
    """The reading of a study's record; nothing is written.

    A run that leaves another has that one's losses up to there.

    Args:
        path: The record, an SQLite file.

    Raises:
        StudyError: It cannot be read (`record-not-ours`, `record-newer`, `record-damaged`…).
    """
    jobs: dict[str, Proposed] = {}
    outcomes: dict[str, Outcome] = {}
    events = 0
    with Record.open(path, read_only=True) as record:
        watched = watched_of(record)
        if watched is not None:
            return _watched(path, record, watched)
        for event in record.events():
            events += 1
            match event:
                case Proposed(job):
                    jobs[job.key] = event
                case Finished(outcome):
                    outcomes[outcome.job] = outcome
                case _:
                    pass
    told = [key for key, outcome in outcomes.items() if key in jobs and outcome.losses]
    runs = tuple(_run(jobs[key], outcomes[key], jobs, outcomes) for key in told)
    return Reading(str(path), "ratecraft", runs, lines=events, used=len(told))


def _watched(path: Path, record: Record, watched: Watched) -> Reading:
    """A run that was watched: as far as its series are complete, and thinned like those of a log."""
    series: dict[str, ObservedSeries] = {}
    for name in watched.series:
        steps, values = record.series.of(RUN, steps_name(name), 1), record.series.of(RUN, name, 1)
        count = min(len(steps), len(values))
        points = Points(meaning_of(name))
        points.extend(array("q", map(int, steps[:count])), values[:count])
        if count:
            series[name] = observed_series(name, points.keys, points.values)
    run = ObservedRun(series, "step", watched.facts, "ratecraft")
    return Reading(
        str(path),
        "ratecraft",
        (run,),
        lines=len(series),
        used=len(series),
        notes=(*guard_notes(run), *ended_notes(run)),
    )


def study_run(record: Record, key: str) -> ObservedRun | None:
    """One run of a study; only its own series and those of the runs that it left are read.

    Args:
        record: Record of the study.
        key: Key of the run's job.

    Returns:
        The run, up to the last step recorded if it is still under way; None if it does not exist or has no loss.

    Raises:
        StudyError: It cannot be read.
    """
    jobs: dict[str, Proposed] = {}
    outcomes: dict[str, Outcome] = {}
    told: str | None = key
    while told is not None and (seen := begun_job(record, told)) is not None:
        series = {name: record.series.of(told, kind) for name, kind in (("losses", "loss"), ("own_rates", "own_rate"))}
        jobs[told], outcome = seen
        if outcome is None:
            count = len(series["losses"])
            outcome = Outcome(told, Ending.ENDED_EARLY, count, count)
        outcomes[told] = replace(outcome, **series)  # pyright: ignore[reportArgumentType] - read like a tuple
        told = jobs[told].job.parent
    if key not in jobs or key not in outcomes or not len(outcomes[key].losses):
        return None
    return _run(jobs[key], outcomes[key], jobs, outcomes)


def begun_job(record: Record, key: str) -> tuple[Proposed, Outcome | None] | None:
    """A job of a study and its outcome so far, without the series, which are most of the record.

    Args:
        record: Record of the study.
        key: Key of the job.

    Returns:
        The job and its outcome, which is None until the job ends; None if there is no such job.

    Raises:
        StudyError: It cannot be read.
    """
    proposed, outcome = None, None
    for event in record.job_events(key):
        match event:
            case Proposed(job) if job.key == key:
                proposed = event
            case Finished(came) if came.job == key:
                outcome = came
            case _:
                pass
    return None if proposed is None else (proposed, outcome)


def observed_run(event: Proposed, outcome: Outcome) -> ObservedRun:
    """What came of a job that leaves no other, as a run that was seen.

    Args:
        event: The job as it was asked for.
        outcome: What came of it.
    """
    return _run(event, outcome, {}, {})


def _run(
    event: Proposed, outcome: Outcome, jobs: Mapping[str, Proposed], outcomes: Mapping[str, Outcome]
) -> ObservedRun:
    steps: list[np.ndarray] = []
    losses: list[np.ndarray] = []
    rates: list[np.ndarray] = []
    stop = event.job.start + len(outcome.losses)
    for job, part in reversed(list(_lineage(event.job, outcome, jobs, outcomes))):
        count = max(min(len(part.losses), stop - job.start), 0)
        steps.append(job.start + np.arange(count))
        losses.append(np.array(part.losses[:count]))
        rates.append(_rates(job, part, count))
    return ObservedRun(
        {
            "loss": ObservedSeries("loss", np.concatenate(steps), np.concatenate(losses)),
            **_rate_series(np.concatenate(steps), np.concatenate(rates)),
            **_norms(event.job, outcome),
            **_figures(outcome),
        },
        "step",
        _facts(event, outcome),
        "ratecraft",
    )


def _lineage(
    job: Job, outcome: Outcome, jobs: Mapping[str, Proposed], outcomes: Mapping[str, Outcome]
) -> Iterator[tuple[Job, Outcome]]:
    """The job and those before it, back to step 0 or to the first whose losses are not there."""
    yield job, outcome
    while job.parent is not None and job.parent in jobs and job.parent in outcomes:
        before, start = jobs[job.parent].job, job.start
        part = outcomes[job.parent]
        if before.start + len(part.losses) < start:
            return
        cut = part.losses[: start - before.start]
        job, outcome = before, Outcome(before.key, part.ending, losses=cut, own_rates=part.own_rates[: len(cut)])
        yield job, outcome


def _rates(job: Job, outcome: Outcome, count: int) -> "np.ndarray":
    schedule = job.schedules.get("rate")
    if schedule is not None:
        return schedule.curve(count, job.start)
    own = np.full(count, np.nan)
    own[: min(count, len(outcome.own_rates))] = outcome.own_rates[:count]
    return own


def _rate_series(steps: "np.ndarray", rates: "np.ndarray") -> dict[str, ObservedSeries]:
    known = ~np.isnan(rates)
    return {"rate": ObservedSeries("rate", steps[known], rates[known])} if known.any() else {}


def _norms(job: Job, outcome: Outcome) -> dict[str, ObservedSeries]:
    if not outcome.norms:
        return {}
    steps = job.start + np.arange(len(outcome.norms))
    return {"grad_norm": ObservedSeries("grad_norm", steps, np.array(outcome.norms))}


def _figures(outcome: Outcome) -> dict[str, ObservedSeries]:
    """Figures by normal name; of several at one step the last counts."""
    found: dict[str, dict[int, float]] = {}
    for figure in outcome.figures:
        found.setdefault(meaning_of(figure.name).name, {})[figure.step] = figure.value
    series: dict[str, ObservedSeries] = {}
    for name, points in found.items():
        if name not in ("loss", "rate"):
            steps = np.array(sorted(points), np.int64)
            series[name] = ObservedSeries(name, steps, np.array([points[step] for step in steps.tolist()]))
    return series


def _facts(event: Proposed, outcome: Outcome) -> dict[str, Fact]:
    seen = outcome.facts
    facts: dict[str, Fact] = {**seen.seen, "phase": event.phase, "ending": outcome.ending.value, "job": event.job.key}
    if seen.optimizers:
        facts["optimizer"] = seen.optimizers[0].lower()
    numbers = {
        "total_steps": seen.horizon,
        "loader": float(seen.loader) or None,
        "opponents": float(len(seen.opponents)) or None,
        "batch_size": seen.samples_per_step,
        "dataset_length": seen.dataset_length,
        "halvings": len(outcome.halvings) or None,
        "input_mean": None if seen.inputs is None else seen.inputs[0],
        "input_deviation": None if seen.inputs is None else seen.inputs[1],
    }
    return facts | {name: float(value) for name, value in numbers.items() if value is not None}
