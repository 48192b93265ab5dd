"""A job as a search remembers it: only what its trial is judged by.

Path:   proposal, outcome -> `SearchJob` -> `ledger`.
Units:  scores with smaller = better, infinite if there is none; steps are optimizer steps.

A search of ten thousand trials keeps all of them in memory. Schedules, losses and the facts of a run stay in the
record, since they would take most of the memory.
"""

import math
from dataclasses import dataclass, replace

from ratecraft.controllers.baseline.run_result import run_result_of
from ratecraft.controllers.baseline.start import sizes_of
from ratecraft.controllers.search.trial_jobs import Frame
from ratecraft.records.answer import RunResult
from ratecraft.records.events import Proposed
from ratecraft.records.outcome import Ending, Failure, Outcome, RunFacts
from ratecraft.records.trials import Trial
from ratecraft.schedules.lengths import Horizon

_NOTHING = RunResult(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Came:
    """The outcome of a job, as far as a search needs it.

    Attributes:
        ending: How it ended.
        steps: Steps of the job itself.
        executed: Steps that were executed for it, those of replayed trunks included.
        score: The score by which its trial is compared.
        run_result: The result of a full run; None for any other job.
        horizon: Steps of a full run, as seen by a look at the script.
        silent: If the run told no figure to compare, the names of those that it did tell; None if it told one.
        failure: Why it failed; None if it did not.
    """

    ending: Ending
    steps: int
    executed: int
    score: float
    run_result: RunResult
    horizon: Horizon | None
    silent: tuple[str, ...] | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class SearchJob:
    """A job that a search asked for.

    Attributes:
        key: Key of the job.
        start: Its first step.
        stop: The step at which it ends; 0 for the script's own end.
        seed: Seed of its run.
        is_scored: Whether it gets a score; a trunk does not.
        is_look: It is only a look at the script with a trial's arguments.
        trial: The trial it belongs to; None for a trunk that several share.
        came: Its outcome; None while it is under way.
    """

    key: str
    start: int
    stop: int
    seed: int
    is_scored: bool
    is_look: bool
    trial: Trial | None
    came: Came | None = None


def asked_for(proposed: Proposed) -> SearchJob:
    """The job of a proposal, as a search remembers it."""
    job, is_look = proposed.job, proposed.phase == "census"
    return SearchJob(job.key, job.start, job.stop or 0, job.seed, job.evaluate is not None, is_look, proposed.trial)


def known(job: SearchJob, outcome: Outcome, frame: Frame) -> SearchJob:
    """The job with its outcome."""
    trial, has_ended = job.trial, outcome.ending in (Ending.DONE, Ending.ENDED_EARLY)
    run_result, score = _NOTHING, outcome.score
    if trial is not None and trial.rung >= len(frame.rungs) and job.is_scored and not job.is_look:
        at = job.start + outcome.steps
        run_result = run_result_of(outcome, at, frame.metric, job.stop, frame.settings.tuner)
        score = run_result.final
    is_score = has_ended and score is not None and math.isfinite(score)
    came = Came(
        ending=outcome.ending,
        steps=outcome.steps,
        executed=outcome.executed,
        score=frame.metric.sign() * score if is_score and score is not None else math.inf,
        run_result=run_result,
        horizon=_seen(outcome.facts, frame) if job.is_look else None,
        silent=tuple(dict.fromkeys(figure.name for figure in outcome.figures)) if outcome.score is None else None,
        failure=outcome.failure,
    )
    return replace(job, came=came)


def _seen(facts: RunFacts, frame: Frame) -> Horizon:
    """Steps of a full run with other arguments; where a look cannot tell them, those of the script as it is."""
    return sizes_of(frame.settings.sizes, facts).over(facts.horizon or frame.horizon)
