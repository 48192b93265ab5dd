"""The final run: the script's own complete run, from the nearest trunk on, at the chosen rate.

Path:   choice, trunks -> final job -> its outcome; of a short run with the means for it, two, and the better is kept.
Units:  octaves above the script's own rate; steps are optimizer steps.
Source: DESIGN §5, 4. A short run's second one, 1.5 octaves lower: median regret +0.55 % instead of +1.2 %.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.controllers.choose import nearest_trunk
from ratecraft.controllers.plan import Plan
from ratecraft.controllers.probes import Probes
from ratecraft.controllers.standing import standing_of
from ratecraft.controllers.synchronous import Asking
from ratecraft.records.answer import Decision, Standing
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome

__all__ = ["Final", "Finish", "finish"]


@dataclass(frozen=True, slots=True)
class Final:
    """One final run and how it came out."""

    octave: float
    job: Job
    outcome: Outcome
    standing: Standing

    @property
    def steps(self) -> int:
        """Steps of the run, those of its trunk included."""
        return self.job.start + self.outcome.steps


@dataclass(frozen=True, slots=True)
class Finish:
    """The final run that is kept, all that were made, and what was decided about them."""

    kept: Final
    runs: tuple[Final, ...]
    decisions: tuple[Decision, ...]


def finish(plan: Plan, octave: float, probes: Probes, spent: tuple[Job, ...]) -> Asking[Finish]:
    """Make the final run.

    Args:
        plan: The frame of the study.
        octave: Of the chosen rate.
        probes: The longest probes, whose trunks may go on.
        spent: The jobs so far.
    """
    job, decisions = _final_job(plan, octave, probes, spent, in_place=True)
    jobs = {octave: job}
    if plan.wants_second_run:
        lower = octave + plan.settings.second_run
        # Not in the user's folder, which holds one run: which of the two is better isn't known yet.
        second, said = _final_job(plan, lower, probes, (*spent, job), in_place=False)
        if plan.room(plan.budget.of_jobs((second,)), (*spent, job), 0):
            jobs[lower] = second
            decisions += (Decision("second-run", {"rate": plan.rate(lower)}), *said)
        else:
            decisions += (Decision("dropped-second-run", {"rate": plan.rate(lower)}),)
    outcomes = yield tuple(Proposed(each, "final") for each in jobs.values())
    runs = tuple(_final(plan, *each, outcome) for each, outcome in zip(jobs.items(), outcomes, strict=True))
    kept = min(runs, key=lambda run: _score(plan, run.standing))
    if len(runs) > 1:
        decisions += (Decision("kept-run", {"rate": plan.rate(kept.octave)}),)
    return Finish(kept, runs, (*decisions, *_about(plan, kept)))


def _final_job(
    plan: Plan, octave: float, probes: Probes, spent: tuple[Job, ...], *, in_place: bool
) -> tuple[Job, tuple[Decision, ...]]:
    """The job of a full run at an octave, and whether it goes on from a trunk or starts again."""
    near = nearest_trunk(probes, octave)
    if near is None:
        return plan.final(octave, None, octave, in_place=in_place), (Decision("restarted-without-trunk"),)
    values = {"rate": plan.rate(near.octave), "step": near.rung.trunk}
    far = abs(near.octave - octave) > plan.settings.restart
    if far and plan.room(plan.budget.of_run(), spent, 0):
        return plan.final(octave, None, octave, in_place=in_place), (Decision("restarted", values),)
    decisions = (Decision("dropped-restart", values) if far else Decision("continued", values),)
    return plan.final(octave, near.trunk, near.octave, in_place=in_place), decisions


def _final(plan: Plan, octave: float, job: Job, outcome: Outcome) -> Final:
    steps = job.start + outcome.steps
    return Final(octave, job, outcome, standing_of(outcome, steps, plan.metric, plan.horizon, plan.settings))


def _score(plan: Plan, standing: Standing) -> float:
    return math.inf if standing.final is None else plan.metric.sign() * standing.final


def _about(plan: Plan, run: Final) -> Iterator[Decision]:
    """What the reader must know of how the final run went."""
    outcome = run.outcome
    if outcome.halvings:
        yield Decision("halved", {"count": len(outcome.halvings), "step": outcome.halvings[0]})
    if outcome.ending is Ending.BLOWN_UP:
        yield Decision("final-blown-up", {"step": run.steps})
    elif outcome.ending is Ending.FAILED:
        failure = outcome.failure
        values = (
            {"name": failure.name or failure.kind, "text": failure.message} if failure else {"name": "", "text": ""}
        )
        yield Decision("final-failed", {**values, "step": run.steps})
    elif run.steps < plan.horizon:
        yield Decision("final-ended-early", {"steps": run.steps, "planned": plan.horizon})
    elif run.standing.final is None:
        yield Decision("final-without-figure", {"metric": plan.metric.name})
