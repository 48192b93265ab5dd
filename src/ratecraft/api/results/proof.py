"""Joins the rules of a diagnosis with the experiments of a proof: what to try, and what the trials showed.

Path:   baseline of a record -> rules -> experiments -> the controller; its answer -> judged findings -> screens.
"""

import math
from collections.abc import Sequence

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.diagnosis.proof.proven import AsItIs, proven
from ratecraft.diagnosis.proof.proving import experiments
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.importers.names import meaning_of
from ratecraft.importers.studies import observed_run
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.outcome import Outcome
from ratecraft.records.proof import Experiment, TriedArm
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed


def experiments_of(asked: Proposed, baseline: Outcome, steps: int) -> tuple[Experiment, ...]:
    """What to try on the run that a baseline was (a `controllers.prove.controller.Plan`)."""
    run = observed_run(asked, baseline)
    return experiments(run, diagnosis_of(run), steps)


def judged(run: ObservedRun, answer: Answer, path: str = "") -> Diagnosed:
    """A run with all that is said of it, its findings judged by what was tried."""
    said = proven(diagnosis_of(run), answer.tried, answer.horizon, _as_it_is(run, answer.tried))
    return Diagnosed(path, run, said, tried=answer.tried)


def _as_it_is(run: ObservedRun, tried: Sequence[TriedArm]) -> AsItIs:
    """What the arms are held against beside the run's own branches."""
    losses, rates, view = run.series.get("loss"), run.series.get("rate"), RunView(run)
    finite = [] if losses is None else [loss for loss in losses.values[:16].tolist() if math.isfinite(loss)]
    peak = None if rates is None or not len(rates) else float(rates.values.max())
    metrics = {arm.metric for arm in tried}
    curves = {metric: view.curve(meaning_of(metric).name if metric else "loss") for metric in metrics}
    lowest = {metric: curve.lowest[1] for metric, curve in curves.items() if curve is not None}
    return AsItIs(finite[0] if finite else None, peak, view.fact("batch_size"), lowest)


def diagnosed_proof(events: Sequence[Event], answer: Answer, path: str) -> Diagnosed:
    """What is said of the run of a proof; where another tool saw that run, only what the branches show.

    Args:
        events: Events of its record.
        answer: What it came to.
        path: Path of its script.
    """
    asked = next((event for event in events if isinstance(event, Proposed) and event.phase == "baseline"), None)
    ended = {event.outcome.job: event.outcome for event in events if isinstance(event, Finished)}
    if asked is None:
        said = proven(Diagnosis((), (), ()), answer.tried, answer.horizon)
        return Diagnosed(path, ObservedRun({}, "step", {}, "ratecraft"), said, tried=answer.tried)
    return judged(observed_run(asked, ended[asked.job.key]), answer, path)
