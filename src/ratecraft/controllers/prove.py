"""Proof by experiment: the run as it is, then short branches from it that can show what is wrong with it.

Path:   settings -> baseline -> experiments that its findings ask for (handed in) -> branches, all arms from the same
        states over the same batches -> scores for the judgement.
Units:  steps are optimizer steps; rates are absolute.
Source: reference page on diagnosis, 2 (branch probe): 50 steps with a cool-down named the best of five factors in 48
        of 56 cases and never the wrong side; without a cool-down, or with 20 steps, much less often.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ratecraft.controllers.failures import raise_failure
from ratecraft.controllers.prove_settings import ProveSettings
from ratecraft.controllers.synchronous import Asking, State, Synchronous, next_jobs
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.laws.paired import paired
from ratecraft.records.answer import Answer, Decision
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Outcome, RunFacts
from ratecraft.records.proof import Arm, Experiment, TriedArm
from ratecraft.records.treatment import MEASURED
from ratecraft.schedules.constructors import constant, linear, warmup
from ratecraft.schedules.nodes import Schedule

__all__ = ["Plan", "Prove", "baseline_of_proof", "prove"]

_LAST = 16  # steps before a branch whose mean is its loss there

Plan: TypeAlias = Callable[[Proposed, Outcome, int], tuple[Experiment, ...]]
"""From the baseline and the steps of a full run to the experiments that could show something, the foremost first."""


@dataclass(frozen=True, slots=True)
class Prove(Synchronous):
    """A proof as a controller (`controllers.controller.Controller`).

    Attributes:
        settings: Of the study.
        plan: Says what to try, from the baseline.

    Example:
        >>> proof = Prove(ProveSettings(), lambda asked, outcome, steps: ())
        >>> [each.phase for each in proof.wanted(proof.init(), free=1)]
        ['baseline']
    """

    settings: ProveSettings
    plan: Plan

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs, trunks not counted (none while it waits for outcomes), or the answer.

        Raises:
            InvalidInput: The script makes no step.
            ScriptFailed: The user's own code fails where the rate cannot be the cause.
            NoAnswer: The run is shorter than a branch.
        """
        return next_jobs(prove(self.settings, self.plan), state, free)


@dataclass(frozen=True, slots=True)
class _Place:
    """One repeat of an experiment: where its arms begin.

    Attributes:
        experiment: What is tried.
        seed: Of its jobs.
        trunks: The run up to there, piece by piece; none where arms begin at step 0 and stand still until `begins`.
        begins: First step that they train.
    """

    experiment: Experiment
    seed: int
    trunks: tuple[Job, ...]
    begins: int


def prove(settings: ProveSettings, plan: Plan) -> Asking[Answer]:
    """A whole proof, as it reads.

    Raises:
        InvalidInput: The script makes no step.
        NoAnswer: The run holds no branch (`too-few-steps`).
    """
    facts, steps, experiments = RunFacts(), settings.steps or 0, settings.experiments or ()
    if settings.experiments is None:
        asked = baseline_of_proof(settings)
        (baseline,) = yield (asked,)
        raise_failure(baseline)
        if not baseline.steps:
            raise InvalidInput("no-steps")
        facts, steps = baseline.facts, _length(baseline, settings)
        if baseline.ending is Ending.DONE and steps < settings.least_steps:
            raise NoAnswer("too-few-steps", steps=steps, least=settings.least_steps)
        experiments = plan(asked, baseline, steps)
    tried, decisions = yield from _try_all(settings, experiments, steps)
    return Answer(
        verdict="proved",
        metric=Metric("training_loss", "min", source="training"),
        own_rate=facts.own_rate,
        horizon=steps,
        horizon_source="run" if settings.baseline else "steps",
        groups=facts.groups,
        leading=facts.leading,
        decisions=decisions,
        tried=tried,
    )


def baseline_of_proof(settings: ProveSettings) -> Proposed:
    """The script as it is, its gradients measured."""
    return Proposed(Job(seed=settings.seed, treatment=MEASURED, evaluate=Evaluate("natural")), "baseline")


def _length(baseline: Outcome, settings: ProveSettings) -> int:
    """Steps of a full run: of one that ended before its time, as far as it told them."""
    if baseline.ending is Ending.DONE:
        return baseline.steps
    return max(baseline.steps, baseline.facts.horizon or 0, settings.steps or 0)


def _try_all(
    settings: ProveSettings, experiments: Sequence[Experiment], horizon: int
) -> Asking[tuple[tuple[TriedArm, ...], tuple[Decision, ...]]]:
    """Every arm that the budget holds, then those again that do not tell yet.

    What blows up costs little, so that there may be room for more arms once the first are done.
    """
    budget, spent, decisions = settings.budget * horizon, dict[str, int](), list[Decision]()
    rows: list[dict[Arm, TriedArm]] = [{} for _ in experiments]
    while taken := _taken(settings, experiments, rows, budget - sum(spent.values())):
        found = yield from _tried(settings, [each for _, each in taken], range(settings.repeats), spent)
        for (place, _), row in zip(taken, found, strict=True):
            rows[place] |= {each.arm: each for each in row}
    for experiment, row in zip(experiments, rows, strict=True):
        left_out = len(experiment.arms) - max(len(row), 1)
        if left_out:
            runs = _cost(settings, experiment, len(experiment.arms), range(settings.repeats)) / horizon
            values = {"start": experiment.start, "count": left_out, "runs": runs, "budget": settings.budget}
            decisions.append(Decision("arms-left-out", values))
    further = range(settings.repeats, settings.most_repeats)
    for experiment, row in zip(experiments, rows, strict=True):
        again = replace(experiment, arms=(experiment.arms[0], *_unclear(experiment, row)))
        cost = _cost(settings, again, len(again.arms), further)
        if len(again.arms) == 1 or sum(spent.values()) + cost > budget:
            continue
        (more,) = yield from _tried(settings, [again], further, spent)
        row |= {each.arm: _joined(row[each.arm], each) for each in more}
        values = {"start": experiment.start, "repeats": settings.most_repeats}
        decisions.append(Decision("experiment-repeated", values))
    return tuple(each for row in rows for each in row.values()), tuple(decisions)


def _taken(
    settings: ProveSettings, experiments: Sequence[Experiment], rows: Sequence[Mapping[Arm, TriedArm]], steps: float
) -> list[tuple[int, Experiment]]:
    """Of what was not tried yet as much as so many steps pay for, the likeliest first, by the experiment's place."""
    taken: list[tuple[int, Experiment]] = []
    for place, (experiment, row) in enumerate(zip(experiments, rows, strict=True)):
        control, *others = experiment.arms
        fresh = [arm for arm in others if arm not in row]
        for count in range(len(fresh), 0, -1):
            cost = _cost(settings, experiment, count + (control not in row), range(settings.repeats))
            if cost <= steps:
                steps -= cost
                taken.append((place, replace(experiment, arms=(control, *fresh[:count]))))
                break
    return taken


def _cost(settings: ProveSettings, experiment: Experiment, arms: int, repeats: range) -> int:
    """The most steps of some repeats of so many arms; the way to their places is paid once, or by every replay."""
    places = [_place(settings, experiment, repeat).begins for repeat in repeats]
    shared = experiment.start > 0 and settings.branching == "fork"
    return arms * len(places) * experiment.steps + (max(places) if shared else arms * sum(places))


def _unclear(experiment: Experiment, row: Mapping[Arm, TriedArm]) -> Iterator[Arm]:
    """The arms whose difference may well be one, and may be chance."""
    control, *others = experiment.arms
    for arm in others:
        found = paired(row[control].scores, row[arm].scores) if arm in row else None
        if found is not None and found.is_open:
            yield arm


def _tried(
    settings: ProveSettings, experiments: Sequence[Experiment], repeats: range, spent: dict[str, int]
) -> Asking[list[list[TriedArm]]]:
    """Some repeats of every arm of some experiments, all asked for together; what each job cost goes into `spent`."""
    places = [(each, [_place(settings, each, repeat) for repeat in repeats]) for each in experiments]
    asked = {
        job.key: Proposed(job, "branch")
        for each, rows in places
        for place in rows
        for job in (*place.trunks, *(_job(settings, place, arm) for arm in each.arms))
    }
    outcomes = dict(zip(asked, (yield tuple(asked.values())), strict=True))
    spent |= {key: outcome.executed for key, outcome in outcomes.items()}
    return [[_outcome(settings, rows, arm, outcomes) for arm in each.arms] for each, rows in places]


def _outcome(settings: ProveSettings, rows: Sequence[_Place], arm: Arm, outcomes: dict[str, Outcome]) -> TriedArm:
    experiment = rows[0].experiment
    jobs = [_job(settings, place, arm) for place in rows]
    return TriedArm(
        experiment.start,
        experiment.steps,
        experiment.rate * arm.factor,
        arm,
        tuple(_score(outcomes[job.key]) for job in jobs),
        tuple(_before(outcomes[job.key], outcomes.get(job.parent or "")) for job in jobs),
        tuple(job.key for job in jobs),
    )


def _score(outcome: Outcome) -> float | None:
    """The loss that it came to; None where it came to none.

    Raises:
        ScriptFailed: It failed, and no rate made it.
    """
    raise_failure(outcome)
    return outcome.score if outcome.score is not None and math.isfinite(outcome.score) else None


def _before(outcome: Outcome, trunk: Outcome | None) -> float | None:
    """The loss where an arm began."""
    if trunk is None:
        return outcome.first_loss
    last = [loss for loss in trunk.losses[-_LAST:] if math.isfinite(loss)]
    return math.fsum(last) / len(last) if last else None


def _joined(first: TriedArm, second: TriedArm) -> TriedArm:
    return replace(
        first,
        scores=first.scores + second.scores,
        before=first.before + second.before,
        jobs=first.jobs + second.jobs,
    )


# ---- jobs


def _place(settings: ProveSettings, experiment: Experiment, repeat: int) -> _Place:
    """Where a repeat begins: of a run that begins anew, with another seed and other batches; else some steps later."""
    shift = max(1, round(experiment.steps * settings.shift))
    if experiment.start == 0:
        return _Place(experiment, settings.seed + repeat, (), repeat * shift)
    trunks: list[Job] = []
    for stop in range(experiment.start, experiment.start + repeat * shift + 1, shift):
        left, parent = (stop - shift, trunks[-1].key) if trunks else (0, None)
        trunks.append(Job(start=left, stop=stop, parent=parent, seed=settings.seed))
    return _Place(experiment, settings.seed, tuple(trunks), trunks[-1].stop or 0)


def _job(settings: ProveSettings, place: _Place, arm: Arm) -> Job:
    """One arm from one place."""
    experiment = place.experiment
    return Job(
        {"rate": _rate(settings, experiment, arm, place.begins)},
        start=place.begins if place.trunks else 0,
        parent=place.trunks[-1].key if place.trunks else None,
        stop=place.begins + experiment.steps,
        seed=place.seed,
        treatment=arm.treatment,
        evaluate=Evaluate("frozen", steps=settings.frozen_steps(experiment.steps)),
    )


def _rate(settings: ProveSettings, experiment: Experiment, arm: Arm, begins: int) -> Schedule:
    """The rate of an arm over its run; before it begins it stands still, or its trunks' own rates hold."""
    peak = experiment.rate * arm.factor
    cool = settings.cool_steps(experiment.steps) if arm.cools else 0
    rising = min(arm.warm_up, experiment.steps - cool - 1)
    held = constant(peak, experiment.steps - cool - rising)
    schedule = peak * warmup(rising) >> held if rising > 0 else held
    schedule = schedule >> linear(peak, 0.0, cool) if cool else schedule
    return constant(0.0, begins) >> schedule if begins else schedule
