"""The final run: the script's own complete run, from the nearest trunk on, at the chosen rate.

Path:   choice, trunks -> final jobs -> outcomes; a short run with the means for it has two, and the better is kept.
Units:  octaves above the script's own rate; steps are optimizer steps.
Source: DESIGN §5, 4. A short run's second one, 1.5 octaves lower: median regret +0.55 % instead of +1.2 %.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.controllers.choose import nearest_trunk
from ratecraft.controllers.plan import Plan
from ratecraft.controllers.probes import Probes
from ratecraft.controllers.synchronous import Asking
from ratecraft.records.answer import Decision, Standing
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Outcome

__all__ = ["Final", "FinalJobs", "Finish", "final_jobs", "finish"]


@dataclass(frozen=True, slots=True)
class FinalJobs:
    """The full runs that are to be made, the first in the user's own folder, with the octave of each, and why so."""

    octaves: tuple[float, ...]
    jobs: tuple[Job, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Final:
    """One final run and how it came out."""

    octave: float
    job: Job
    outcome: Outcome
    standing: Standing


@dataclass(frozen=True, slots=True)
class Finish:
    """The final run that is kept, all that were made, and what was decided about them."""

    kept: Final
    runs: tuple[Final, ...]
    decisions: tuple[Decision, ...]


def final_jobs(plan: Plan, octave: float, probes: Probes, spent: tuple[Job, ...]) -> FinalJobs:
    """What full runs there will be.

    Args:
        plan: The frame of the study.
        octave: Of the chosen rate.
        probes: The longest probes, whose trunks may go on.
        spent: The jobs so far.
    """
    job, decisions = _final_job(plan, octave, probes, spent, in_place=True)
    if not plan.wants_second_run:
        return FinalJobs((octave,), (job,), decisions)
    lower = octave + plan.settings.second_run
    # Not in the user's folder, which holds one run: which of the two is better isn't known yet.
    second, said = _final_job(plan, lower, probes, (*spent, job), in_place=False)
    if not plan.affords(plan.budget.of_jobs((second,)), (*spent, job)):
        dropped = Decision("dropped-second-run", {"rate": plan.rate(lower)})
        return FinalJobs((octave,), (job,), (*decisions, dropped))
    decisions = (*decisions, Decision("second-run", {"rate": plan.rate(lower)}), *said)
    return FinalJobs((octave, lower), (job, second), decisions)


def finish(plan: Plan, planned: FinalJobs) -> Asking[Finish]:
    """Make the full runs, and keep the better one."""
    outcomes = yield tuple(Proposed(job, "final") for job in planned.jobs)
    made = zip(planned.octaves, planned.jobs, outcomes, strict=True)
    runs = tuple(Final(octave, job, outcome, plan.standing(outcome, job.start)) for octave, job, outcome in made)
    kept = min(runs, key=lambda run: _score(plan, run.standing))
    which = (Decision("kept-run", {"rate": plan.rate(kept.octave)}),) if len(runs) > 1 else ()
    return Finish(kept, runs, (*planned.decisions, *which, *_about(plan, kept)))


def _final_job(
    plan: Plan, octave: float, probes: Probes, spent: tuple[Job, ...], *, in_place: bool
) -> tuple[Job, tuple[Decision, ...]]:
    """The job of a full run at an octave, and whether it goes on from a trunk or starts again."""
    from_0 = plan.final(octave, in_place=in_place)
    if plan.shape:  # no trunk begins like it, as the reader has been told
        return from_0, ()
    near = nearest_trunk(probes, octave)
    if near is None:
        return from_0, (Decision("restarted-without-trunk"),)
    values = {"rate": plan.rate(near.octave), "step": near.rung.trunk}
    far = abs(near.octave - octave) > plan.settings.restart
    if far and plan.affords(plan.budget.of_run(), spent):
        return from_0, (Decision("restarted", values),)
    decision = Decision("dropped-restart" if far else "continued", values)
    return plan.final(octave, near.trunk, near.octave, in_place=in_place), (decision,)


def _score(plan: Plan, standing: Standing) -> float:
    return math.inf if standing.final is None else plan.metric.sign() * standing.final


def _about(plan: Plan, run: Final) -> Iterator[Decision]:
    """What the reader must know of how the final run went."""
    outcome, steps = run.outcome, run.standing.steps
    if outcome.halvings:
        yield Decision("halved", {"count": len(outcome.halvings), "step": outcome.halvings[0]})
    if outcome.ending is Ending.BLOWN_UP:
        yield Decision("final-blown-up", {"step": steps})
    elif outcome.ending is Ending.FAILED:
        failure = outcome.failure or Failure("exit")
        yield Decision("final-failed", {"name": failure.name or failure.kind, "text": failure.message, "step": steps})
    elif steps < plan.horizon:
        yield Decision("final-ended-early", {"steps": steps, "planned": plan.horizon})
    elif run.standing.final is None:
        yield Decision("final-without-figure", {"metric": plan.metric.name})
