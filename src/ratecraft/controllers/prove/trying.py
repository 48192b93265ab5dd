"""Trying arms: branches from the same states over the same batches, then further arms and repeats.

Path:   experiments -> jobs -> outcomes -> `TriedArm`, until nothing new is asked for. It is sequential code that
        `prove` runs.
Units:  steps are optimizer steps; rates are absolute.
Source: docs/reference/findings.md, "Branches".
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeAlias

from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.synchronous import Asking
from ratecraft.errors import NoAnswer
from ratecraft.laws.trials.paired import paired
from ratecraft.records.answer import Decision
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.proof import Arm, Experiment, Place, TriedArm
from ratecraft.records.treatment import rested
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.trees.nodes import Schedule

_LAST = 16  # steps before a branch whose mean loss is the loss where it begins

Further: TypeAlias = Callable[[Sequence[TriedArm], Sequence[Experiment], int], Sequence[Experiment]]
"""From all that was tried, the experiments still waiting and the steps of a full run to the next experiments; if
none of them is new, the proof ends.
"""

_Rows: TypeAlias = dict[Place, dict[Arm, TriedArm]]
"""The tried arms of each place where an experiment branches off."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One repeat of an experiment: where its arms begin.

    Attributes:
        experiment: The experiment.
        seed: Seed of its jobs.
        trunks: The run up to there, in pieces; empty if the arms begin at step 0 and stand still until `begins`.
        begins: First step at which the arms train.
    """

    experiment: Experiment
    seed: int
    trunks: tuple[Job, ...]
    begins: int


def try_all(
    settings: ProveSettings, experiments: Sequence[Experiment], further: Further, horizon: int
) -> Asking[tuple[tuple[TriedArm, ...], tuple[Decision, ...]]]:
    """Try every arm that the budget holds, then further ones, and finally repeat the arms that are not clear yet.

    An arm that blows up costs little, so there may be room for more arms once the first are done.
    """
    budget, spent, decisions = settings.budget * horizon, dict[str, int](), list[Decision]()
    experiments = experiments if settings.branching == "fork" else _nearest_first(experiments)
    waiting = [experiment for experiment in experiments if experiment.waits]
    wanted, rows = _merged((), [experiment for experiment in experiments if not experiment.waits]), _Rows()
    while True:
        while taken := _taken(settings, wanted, rows, budget - sum(spent.values())):
            found = yield from _tried(settings, taken, range(settings.repeats), spent)
            for experiment, row in zip(taken, found, strict=True):
                rows.setdefault(experiment.place, {}).update({one.arm: one for one in row})
        again = yield from _repeat(
            settings, [experiment for experiment in wanted if experiment.validated], rows, spent, budget
        )
        asked = _merged(wanted, further([arm for row in rows.values() for arm in row.values()], waiting, horizon))
        if asked == wanted:
            again += yield from _repeat(settings, wanted, rows, spent, budget)
            if not again:
                break
        decisions += again
        wanted = asked
    for experiment in wanted:
        row = rows.get(experiment.place, {})
        left_out = len(experiment.arms) - max(len(row), 1)
        if left_out:
            runs = _cost(settings, experiment, len(experiment.arms), range(settings.repeats)) / horizon
            values = {"start": experiment.start, "count": left_out, "runs": runs, "budget": settings.budget}
            decisions.append(Decision("arms-left-out", values))
    return tuple(arm for row in rows.values() for arm in row.values()), tuple(decisions)


def _nearest_first(experiments: Sequence[Experiment]) -> Sequence[Experiment]:
    """If every arm is replayed from step 0, experiments that begin there come before those that can wait."""
    if not any(experiment.start == 0 and experiment.waits for experiment in experiments):
        return experiments
    return [
        replace(experiment, waits=experiment.start > 0 or experiment.is_on_one_batch)
        for experiment in sorted(experiments, key=lambda experiment: experiment.start > 0)
    ]


def _merged(first: Sequence[Experiment], second: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Both sets of arms, joined by place."""
    found: dict[Place, Experiment] = {}
    for experiment in (*first, *second):
        known = found.get(experiment.place, experiment)
        found[experiment.place] = replace(known, arms=tuple(dict.fromkeys((*known.arms, *experiment.arms))))
    return tuple(found.values())


def _repeat(
    settings: ProveSettings, wanted: Sequence[Experiment], rows: _Rows, spent: dict[str, int], budget: float
) -> Asking[list[Decision]]:
    """Repeat the arms that are not clear yet, as far as the budget holds."""
    further, decisions = range(settings.repeats, settings.most_repeats), list[Decision]()
    for experiment in wanted:
        row = rows.get(experiment.place, {})
        control = experiment.arms[0]
        unclear = tuple(_unclear(settings, experiment, row))
        if not unclear:
            continue
        arms = unclear if len(row[control].scores) > settings.repeats else (control, *unclear)
        again = replace(experiment, arms=arms)
        if sum(spent.values()) + _cost(settings, again, len(arms), further, begun=settings.repeats) > budget:
            continue
        (more,) = yield from _tried(settings, [again], further, spent)
        row.update({one.arm: _joined(row[one.arm], one) for one in more})
        values = {"start": experiment.start, "steps": experiment.steps, "repeats": settings.most_repeats}
        decisions.append(Decision("experiment-repeated", values))
    return decisions


def _taken(settings: ProveSettings, wanted: Sequence[Experiment], rows: _Rows, steps: float) -> list[Experiment]:
    """As many of the arms not tried yet as this many steps pay for, the most promising first."""
    taken: list[Experiment] = []
    for experiment in wanted:
        row = rows.get(experiment.place, {})
        fresh = [arm for arm in experiment.arms if arm not in row]
        for count in range(len(fresh), 0 if row else 1, -1):  # the run as it is, alone, tells nothing
            cost = _cost(settings, experiment, count, range(settings.repeats), begun=settings.repeats if row else 0)
            if cost <= steps:
                steps -= cost
                taken.append(replace(experiment, arms=tuple(fresh[:count])))
                break
    return taken


def _cost(settings: ProveSettings, experiment: Experiment, arms: int, repeats: range, *, begun: int = 0) -> int:
    """The most steps that some repeats of this many arms cost; the way to a place is paid once, or at every replay.

    Args:
        settings: Settings of the proof, which say how branches are reached.
        experiment: The experiment.
        arms: Number of arms.
        repeats: Numbers of the repeats.
        begun: Number of repeats already made, the way to which is paid.
    """
    places = [_place(settings, experiment, repeat).begins for repeat in repeats]
    way = arms * sum(places)
    if experiment.start > 0 and settings.branching == "fork":
        known = _place(settings, experiment, begun - 1).begins if begun else 0
        way = max(0, max(places) - known)
    return arms * len(places) * experiment.steps + way


def _unclear(settings: ProveSettings, experiment: Experiment, row: Mapping[Arm, TriedArm]) -> Iterator[Arm]:
    """The arms whose difference may be real but may be chance, and that were not repeated yet."""
    control, *others = experiment.arms
    for arm in others:
        if arm in row and len(row[arm].scores) <= settings.repeats and not arm.is_on_one_batch:
            worse, better = (control, arm) if arm.cooled else (arm, control)
            found = paired(row[worse].scores, row[better].scores)
            if found is not None and found.is_open:
                yield arm


def _tried(
    settings: ProveSettings, experiments: Sequence[Experiment], repeats: range, spent: dict[str, int]
) -> Asking[list[list[TriedArm]]]:
    """Run repeats of every arm of some experiments, asked for together; the cost of each job goes into `spent`."""
    places = [(experiment, [_place(settings, experiment, repeat) for repeat in repeats]) for experiment in experiments]
    asked = {
        job.key: Proposed(job, "branch")
        for experiment, rows in places
        for place in rows
        for job in (*place.trunks, *(_job(settings, place, arm) for arm in experiment.arms))
    }
    outcomes = dict(zip(asked, (yield tuple(asked.values())), strict=True))
    spent |= {key: outcome.executed for key, outcome in outcomes.items()}
    return [[_outcome(settings, rows, arm, outcomes) for arm in place.arms] for place, rows in places]


def _outcome(settings: ProveSettings, rows: Sequence[_Place], arm: Arm, outcomes: dict[str, Outcome]) -> TriedArm:
    experiment = rows[0].experiment
    jobs = [_job(settings, place, arm) for place in rows]
    return TriedArm(
        experiment.start,
        experiment.steps,
        experiment.rate * arm.factor,
        arm,
        tuple(_score(outcomes[job.key]) for job in jobs),
        tuple(
            _of_one_batch(outcomes[job.key], place.begins)
            if arm.is_on_one_batch
            else _before(outcomes[job.key], outcomes.get(job.parent or ""))
            for place, job in zip(rows, jobs, strict=True)
        ),
        tuple(job.key for job in jobs),
        (jobs[0].evaluate or Evaluate("frozen")).metric,
        experiment.validated,
    )


def _score(outcome: Outcome) -> float | None:
    """The loss that an arm ended at; None if it blew up or is NaN.

    Raises:
        ScriptFailed: The script failed for a reason other than the rate.
        NoAnswer: The script ended before the arm was scored (`prove-no-score`).
    """
    raise_failure(outcome)
    if outcome.score is None and outcome.ending is not Ending.BLOWN_UP:
        raise NoAnswer("prove-no-score", steps=outcome.steps)
    return outcome.score if outcome.score is not None and math.isfinite(outcome.score) else None


def _before(outcome: Outcome, trunk: Outcome | None) -> float | None:
    """The loss where an arm begins."""
    if trunk is None:
        return outcome.first_loss
    last = [loss for loss in trunk.losses[-_LAST:] if math.isfinite(loss)]
    return math.fsum(last) / len(last) if last else None


def _of_one_batch(outcome: Outcome, begins: int) -> float | None:
    """The first loss of the batch that is repeated: it is read after the step at which an arm begins."""
    losses = outcome.losses[begins + 1 : begins + 2]
    return losses[0] if losses else outcome.first_loss


def _joined(first: TriedArm, second: TriedArm) -> TriedArm:
    return replace(
        first,
        scores=first.scores + second.scores,
        before=first.before + second.before,
        jobs=first.jobs + second.jobs,
    )


# ---- jobs


def jobs_of(settings: ProveSettings, experiment: Experiment) -> Iterator[tuple[Arm, int, Job]]:
    """Every job that an experiment may ask for, with its arm and the number of the repeat."""
    for repeat in range(settings.most_repeats):
        place = _place(settings, experiment, repeat)
        yield from ((arm, repeat, _job(settings, place, arm)) for arm in experiment.arms)


def _place(settings: ProveSettings, experiment: Experiment, repeat: int) -> _Place:
    """Where a repeat begins: with another seed and other batches for a run from step 0, else some steps later."""
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
    experiment, stop = place.experiment, place.begins + place.experiment.steps
    schedules = {"rate": _rate(settings, experiment, arm, place.begins)}
    if arm.weight_decay is not None:
        schedules["weight_decay"] = constant(arm.weight_decay)
    return Job(
        schedules,
        start=place.begins if place.trunks else 0,
        parent=place.trunks[-1].key if place.trunks else None,
        stop=stop,
        seed=place.seed,
        treatment=arm.treatment if place.trunks else rested(place.begins, arm.treatment),
        evaluate=_evaluate(settings, experiment),
    )


def _evaluate(settings: ProveSettings, experiment: Experiment) -> Evaluate:
    """How the arms are scored: by validation if asked for and within reach of all of them, else by frozen batches."""
    metric, most = settings.metric, settings.most_frozen
    if experiment.validated and metric is not None and _in_reach(settings, experiment):
        lead = "epoch-end" if settings.cadence.is_led else "steps"
        return Evaluate("figure", metric.name, steps=most, direction=metric.direction, lead=lead)
    return Evaluate("frozen", steps=settings.frozen_steps(experiment.steps))


def _in_reach(settings: ProveSettings, experiment: Experiment) -> bool:
    """Whether the run validates soon after every repeat."""
    if settings.cadence.is_led:
        return True
    places = [_place(settings, experiment, repeat) for repeat in range(settings.most_repeats)]
    stops = [place.begins + experiment.steps for place in places]
    return all(any(stop <= step <= stop + settings.most_frozen for step in settings.cadence.steps) for stop in stops)


def _rate(settings: ProveSettings, experiment: Experiment, arm: Arm, begins: int) -> Schedule:
    """The rate of an arm over its run; before it begins, 0 or the trunk's own rate."""
    peak = experiment.rate * arm.factor
    cool = min(settings.cool_steps(experiment.steps, arm.cooled), experiment.steps)
    rising = max(min(arm.warm_up, experiment.steps - cool - 1), 0)
    held = experiment.steps - cool - rising
    parts: list[Schedule] = [constant(0.0, begins)] if begins else []
    parts += [peak * warmup(rising)] if rising else []
    parts += [constant(peak, held)] if held else []
    parts += [linear(peak, 0.0, cool)] if cool else []
    return reduce(lambda before, after: before >> after, parts)
