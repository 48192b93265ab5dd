"""The jobs of a study: which schedule each follows, where it begins and ends, and how it is scored.

Path:   the plan, an octave, a rung -> `Job` -> whoever proposes it: probes, the final run, what that is compared with.
Units:  steps are optimizer steps; rates are given as octaves, log2(rate / own rate).
Source: docs/reference/tuner.md, "Lengths".
"""

from collections.abc import Mapping
from dataclasses import replace

from ratecraft.controllers.probing.rungs import Rung
from ratecraft.controllers.probing.scoring import reaching
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.trees.nodes import Schedule


def untrained_job(plan: StudyPlan) -> Job:
    """The job that scores the model before its first step, in the way probes are scored."""
    evaluate = reaching(plan.rungs[0].evaluate, 0, plan.start.cadence, plan.settings)
    return Job(stop=0, seed=plan.settings.seed, evaluate=evaluate)


def trunk_job(plan: StudyPlan, octave: float, rung: Rung, leaves: Job | None) -> Job:
    """The constant part of a probe. It continues the shorter trunk of the same rate if there is one."""
    return Job(
        schedules={"rate": _warmed(plan, octave, rung.warm_up, None)},
        scale=plan.scale,
        start=_end_of(leaves),
        stop=rung.trunk,
        parent=leaves.key if leaves else None,
        seed=plan.settings.seed,
    )


def branch_job(plan: StudyPlan, octave: float, rung: Rung, trunk: Job) -> Job:
    """The cool-down of a probe, which is scored."""
    cool_down = linear(plan.rate(octave), 0.0, rung.stop - rung.trunk)
    return Job(
        schedules={"rate": _warmed(plan, octave, rung.warm_up, rung.trunk) >> cool_down},
        scale=plan.scale,
        start=rung.trunk,
        stop=rung.stop,
        parent=trunk.key,
        seed=plan.settings.seed,
        evaluate=rung.evaluate,
    )


def unannealed_job(rung: Rung, trunk: Job) -> Job:
    """The end of a trunk, scored as it is. It may wait for a figure for as long as a cool-down takes."""
    left, evaluate = _end_of(trunk), rung.evaluate
    if evaluate.kind == "figure":
        evaluate = replace(evaluate, steps=evaluate.steps + rung.stop - rung.trunk)
    return replace(trunk, start=left, stop=left, parent=trunk.key, evaluate=evaluate)


def final_job(
    plan: StudyPlan, octave: float, trunk: Job | None = None, near: float = 0.0, *, in_place: bool = True
) -> Job:
    """The script's complete run: the usual schedule, continued from a near trunk, or the user's from step 0."""
    if plan.shape:
        return _complete(plan, plan.shape.at_peak(plan.rate(octave)), None, in_place=in_place)
    usual = {"rate": usual_shape(plan, octave, _end_of(trunk), near)}
    return _ended_when_overfitting(plan, _complete(plan, usual, trunk, in_place=in_place))


def held_job(plan: StudyPlan, octave: float) -> Job:
    """A complete run at a constant rate after its warm-up, with which the schedule of the final run is compared."""
    return _complete(plan, {"rate": _warmed(plan, octave, plan.warm_up, None)}, None, in_place=False)


def shorter_job(plan: StudyPlan, stop: int, octave: float, trunk: Job | None, near: float) -> Job:
    """A final run with the usual schedule that ends at `stop`, before the script would; not made in place."""
    usual = {"rate": usual_shape(plan, octave, _end_of(trunk), near, stop)}
    job = _complete(plan, usual, trunk, in_place=False)
    evaluate = reaching(plan.rungs[-1].evaluate, stop, plan.start.cadence, plan.settings)
    return replace(job, stop=stop, stop_rule=StopRule("halve", copy_every=job.stop_rule.copy_every), evaluate=evaluate)


def usual_shape(plan: StudyPlan, octave: float, left: int = 0, near: float = 0.0, stop: int | None = None) -> Schedule:
    """The usual schedule: the rate of `near` up to step `left`, then the octave's, linear to 0 at the stop."""
    rate, end = plan.rate(octave), stop or plan.horizon
    decay = min(round(end * plan.settings.decay), end - left)
    flat = end - decay
    if left:
        before = _warmed(plan, near, plan.warm_up, left)
        return before >> constant(rate, flat - left) >> linear(rate, 0.0, decay)
    return _warmed(plan, octave, plan.warm_up, flat) >> linear(rate, 0.0, decay)


def _complete(plan: StudyPlan, schedules: Mapping[str, Schedule], trunk: Job | None, *, in_place: bool) -> Job:
    return Job(
        schedules=schedules,
        scale=plan.scale,
        start=_end_of(trunk),
        stop=plan.horizon,
        parent=trunk.key if trunk else None,
        seed=plan.settings.seed,
        stop_rule=StopRule("halve", copy_every=max(1, int(plan.horizon * plan.settings.copies))),
        evaluate=_natural(plan),
        in_place=in_place,
    )


def _ended_when_overfitting(plan: StudyPlan, job: Job) -> Job:
    """The same job, ended once its validation loss turns: a second one may then cost what was saved."""
    if plan.metric.source == "training" or not plan.is_scored_alike:
        return job
    shared = plan.budget.of_run() - plan.budget.of_run(job.start)
    rule = replace(
        job.stop_rule,
        turned_over=max(1, int(plan.horizon * plan.settings.turned)),
        turned_since=plan.rungs[-1].stop,
        turned_after=plan.horizon - round(plan.horizon * plan.settings.decay),
        turned_within=plan.horizon + shared,
    )
    return replace(job, stop_rule=rule)


def _natural(plan: StudyPlan) -> Evaluate:
    if plan.metric.source == "training":
        return Evaluate("natural")
    return Evaluate("natural", plan.metric.name, direction=plan.metric.direction)


def _warmed(plan: StudyPlan, octave: float, warm_up: int, until: int | None) -> Schedule:
    """A constant rate after a warm-up, up to a given step or without end."""
    rate = plan.rate(octave)
    return rate * warmup(warm_up) >> constant(rate, None if until is None else until - warm_up)


def _end_of(trunk: Job | None) -> int:
    """The step at which a trunk ends and its branch begins; 0 without a trunk."""
    return 0 if trunk is None else trunk.stop or 0
