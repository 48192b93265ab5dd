"""Joins the rules of a diagnosis with the experiments of a proof: what to try on a run, and what the tries showed.

Path:   baseline of a record -> rules -> experiments -> the controller; its answer -> judged findings -> screens.
"""

import math
from collections.abc import Sequence

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.diagnosis.proven import proven
from ratecraft.diagnosis.proving import experiments
from ratecraft.importers.studies import observed_run
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.observed import ObservedRun
from ratecraft.records.outcome import Outcome
from ratecraft.records.proof import Experiment
from ratecraft.reporting.findings.screen import Diagnosed

__all__ = ["diagnosed_proof", "experiments_of", "judged"]


def experiments_of(asked: Proposed, baseline: Outcome, steps: int) -> tuple[Experiment, ...]:
    """What to try on the run that a baseline was (a `controllers.prove.controller.Plan`)."""
    run = observed_run(asked, baseline)
    return experiments(run, diagnosis_of(run), steps)


def judged(run: ObservedRun, answer: Answer, path: str = "") -> Diagnosed:
    """A run with all that is said of it, its findings judged by what was tried."""
    losses = run.series.get("loss")
    finite = [] if losses is None else [loss for loss in losses.values[:16].tolist() if math.isfinite(loss)]
    rates = run.series.get("rate")
    peak = None if rates is None or not len(rates) else float(rates.values.max())
    said = proven(diagnosis_of(run), answer.tried, answer.horizon, finite[0] if finite else None, peak)
    return Diagnosed(path, run, said, tried=answer.tried)


def diagnosed_proof(events: Sequence[Event], answer: Answer, path: str) -> Diagnosed:
    """What is said of the run of a proof; where another tool saw that run, only what the branches show.

    Args:
        events: Of its record.
        answer: What it came to.
        path: Of its script.
    """
    asked = next((each for each in events if isinstance(each, Proposed) and each.phase == "baseline"), None)
    ended = {each.outcome.job: each.outcome for each in events if isinstance(each, Finished)}
    if asked is None:
        said = proven(Diagnosis((), (), ()), answer.tried, answer.horizon)
        return Diagnosed(path, ObservedRun({}, "step", {}, "ratecraft"), said, tried=answer.tried)
    return judged(observed_run(asked, ended[asked.job.key]), answer, path)
