"""The final run: the script's own complete run at the chosen rate, continued from the nearest trunk.

Path:   choice, trunks -> final jobs -> outcomes. If the budget holds two full runs, the better one is kept. A run whose
        validation loss turns is ended early and made again, ending where it was best; the better one is kept.
Units:  octaves above the script's own rate; steps are optimizer steps.
Source: docs/reference/tuner.md, "Final run". For a short run the second one is 1.5 octaves lower: median regret +0.55 %
        instead of +1.2 %. For a long run it is half an octave higher, and a run ends where its validation was best: the
        tuning benchmark, decisions 4 and 2.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.choose import nearest_trunk
from ratecraft.controllers.tune.probes import Probes, score_of
from ratecraft.controllers.tune.study_jobs import final_job, shorter_job
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.controllers.tune.sureness import second_run
from ratecraft.laws.losses.overfitting import overfits_after
from ratecraft.records.answer import Decision, Foreseen, RunResult
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Outcome


@dataclass(frozen=True, slots=True)
class FinalJob:
    """A full run to be made: its octave, the trunk it continues, and that trunk's octave."""

    octave: float
    job: Job
    trunk: Job | None = None
    near: float = 0.0


@dataclass(frozen=True, slots=True)
class FinalJobs:
    """The full runs to be made, the first in the user's own folder, and the reasons."""

    runs: tuple[FinalJob, ...]
    decisions: tuple[Decision, ...]

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of the final runs."""
        return tuple(run.job for run in self.runs)


@dataclass(frozen=True, slots=True)
class Final:
    """A final run and its result."""

    octave: float
    job: Job
    outcome: Outcome
    run_result: RunResult


@dataclass(frozen=True, slots=True)
class Finish:
    """The final run that is kept, all that were made, and the decisions about them."""

    kept: Final
    runs: tuple[Final, ...]
    decisions: tuple[Decision, ...]


def final_jobs(
    plan: StudyPlan, octave: float, probes: Probes, spent: tuple[Job, ...], doubts: Collection[str] = ()
) -> FinalJobs:
    """Plan the full runs.

    Args:
        plan: What was fixed before the first probe.
        octave: Octave of the chosen rate.
        probes: The longest probes, whose trunks may be continued.
        spent: The jobs so far.
        doubts: Doubts about the rate, from `sureness.doubts_before`.
    """
    first, decisions = _continued_or_restarted(plan, octave, probes, spent, in_place=True)
    away = second_run(plan, doubts)
    if away is None:
        return FinalJobs((first,), decisions)
    other = octave + away
    # Not in the user's folder, which holds one run: which of the two is better isn't known yet.
    second, said = _continued_or_restarted(plan, other, probes, (*spent, first.job), in_place=False)
    if not plan.in_doubt().affords(plan.budget.of_jobs((second.job,)), (*spent, first.job)):
        dropped = Decision("dropped-second-run", {"rate": plan.rate(other)})
        return FinalJobs((first,), (*decisions, dropped))
    decisions = (*decisions, Decision("second-run", {"rate": plan.rate(other)}), *said)
    return FinalJobs((first, second), decisions)


def finish(plan: StudyPlan, planned: FinalJobs, foreseen: Foreseen | None = None) -> Asking[Finish]:
    """Make the full runs, make the better one again if its validation turned, and keep the best."""
    outcomes = yield tuple(Proposed(run.job, "final", foreseen) for run in planned.runs)
    made = zip(planned.runs, outcomes, strict=True)
    runs = tuple(Final(run.octave, run.job, outcome, plan.run_result(outcome, run.job.start)) for run, outcome in made)
    kept = min(runs, key=lambda run: _score(plan, run.run_result))
    which = (Decision("kept-run", {"rate": plan.rate(kept.octave)}),) if len(runs) > 1 else ()
    decisions = (*planned.decisions, *which, *_about(plan, kept))
    good = _good_until(plan, kept)
    if good is None:
        return Finish(kept, runs, decisions)
    shorter = yield from _make_shorter(plan, planned.runs[runs.index(kept)], good)
    is_better = _score(plan, shorter.run_result) < _score(plan, kept.run_result)
    said = _about_shorter(shorter, kept, is_better=is_better)
    return Finish(shorter if is_better else kept, (*runs, shorter), (*decisions, said))


def _good_until(plan: StudyPlan, run: Final) -> int | None:
    """The step up to which a run improved, if it was ended because its validation loss turned."""
    ended = run.outcome.ending is Ending.ENDED_EARLY
    return overfits_after(plan.scores(run.outcome), run.job.stop_rule) if ended else None


def _make_shorter(plan: StudyPlan, planned: FinalJob, stop: int) -> Asking[Final]:
    """Make a run again, with its rate reaching 0 where the first one ceased to improve."""
    job = shorter_job(plan, stop, planned.octave, planned.trunk, planned.near)
    (outcome,) = yield (Proposed(job, "final"),)
    score, steps = score_of(plan, outcome), job.start + outcome.steps
    if not math.isfinite(score):
        return Final(planned.octave, job, outcome, RunResult(None, None, None, steps))
    final = plan.figure(score)
    return Final(planned.octave, job, outcome, RunResult(final, final, steps, steps))


def _about_shorter(shorter: Final, longer: Final, *, is_better: bool) -> Decision:
    steps, final = shorter.job.stop, shorter.run_result.final
    if final is None:
        return Decision("shorter-without-figure", {"steps": steps})
    values = {"steps": steps, "final": final, "longer": longer.run_result.final}
    return Decision("shorter-kept" if is_better else "shorter-left", values)


def _continued_or_restarted(
    plan: StudyPlan, octave: float, probes: Probes, spent: tuple[Job, ...], *, in_place: bool
) -> tuple[FinalJob, tuple[Decision, ...]]:
    """The job of a full run at an octave, and whether it continues a trunk or starts again."""
    from_0 = FinalJob(octave, final_job(plan, octave, in_place=in_place))
    if plan.shape:  # no trunk begins like it, as the reader has been told
        return from_0, ()
    near = nearest_trunk(probes, octave)
    if near is None:
        return from_0, (Decision("restarted-without-trunk"),)
    values = {"rate": plan.rate(near.octave), "step": near.rung.trunk}
    away = abs(near.octave - octave)
    far = away > plan.settings.restart
    if far and (away > plan.settings.always_restart or plan.affords(plan.budget.of_run(), spent)):
        return from_0, (Decision("restarted", values),)
    decision = Decision("dropped-restart" if far else "continued", values)
    job = final_job(plan, octave, near.trunk, near.octave, in_place=in_place)
    return FinalJob(octave, job, near.trunk, near.octave), (decision,)


def _score(plan: StudyPlan, run_result: RunResult) -> float:
    return math.inf if run_result.final is None else plan.metric.sign() * run_result.final


def _about(plan: StudyPlan, run: Final) -> Iterator[Decision]:
    """The decisions that tell the reader how the final run went."""
    outcome, steps = run.outcome, run.run_result.steps
    if outcome.halvings:
        yield Decision("halved", {"count": len(outcome.halvings), "step": outcome.halvings[0]})
    if outcome.ending is Ending.BLOWN_UP:
        yield Decision("final-blown-up", {"step": steps})
    elif outcome.ending is Ending.FAILED:
        failure = outcome.failure or Failure("exit")
        yield Decision("final-failed", {"name": failure.name or failure.kind, "text": failure.message, "step": steps})
    elif _good_until(plan, run) is not None:
        best = {"best": run.run_result.best, "best_at": run.run_result.best_at}
        yield Decision("turned", {"metric": plan.metric.name, **best, "step": steps, "last": run.run_result.final})
    elif steps < plan.horizon:
        yield Decision("final-ended-early", {"steps": steps, "planned": plan.horizon})
    elif run.run_result.final is None:
        yield Decision("final-without-figure", {"metric": plan.metric.name})
