"""A small synchronous controller for whole studies in tests: a ladder of rates, two rungs, a final run.

Every kind of job is in it: a baseline to the script's own end, trunks with scored branches, trunks that leave
a trunk, and a final run in place that halves its rate when it blows up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ratecraft.controllers.synchronous import Asking, State, next_jobs, observe
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Proposed
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.metrics import Metric
from ratecraft.schedules.builders.constructors import constant, linear

METRIC = Metric("val_loss", "min")
HORIZON = 160


def trunk_of(rate: float, stop: int = 24, parent: Job | None = None) -> Job:
    start = parent.stop or 0 if parent else 0
    return Job({"rate": constant(rate)}, start=start, stop=stop, parent=parent.key if parent else None)


def branch_of(trunk: Job, rate: float, evaluate: Evaluate) -> Job:
    start = trunk.stop or 0
    length = start // 3
    schedule = {"rate": constant(rate, start) >> linear(rate, 0.0, length)}
    return Job(schedule, start=start, stop=start + length, parent=trunk.key, evaluate=evaluate)


def final_of(trunk: Job, trunk_rate: float, rate: float) -> Job:
    start = trunk.stop or 0
    return Job(
        schedules={"rate": constant(trunk_rate, start) >> linear(rate, 0.0, HORIZON - start)},
        start=start,
        stop=HORIZON,
        parent=trunk.key,
        stop_rule=StopRule("halve", copy_every=8),
        evaluate=Evaluate("natural", "val_loss"),
        in_place=True,
    )


@dataclass(frozen=True)
class Ladder:
    """Its jobs follow from the scores alone."""

    rates: tuple[float, ...] = (0.0005, 0.002, 0.008, 0.5)
    baseline: bool = True

    def init(self) -> State:
        return State()

    def observe(self, state: State, event: Event) -> State:
        return observe(state, event)

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        return next_jobs(self._study(), state, free)

    def _study(self) -> Asking[Answer]:
        if self.baseline:
            yield (Proposed(Job(evaluate=Evaluate("natural", "val_loss")), "baseline"),)
        first = {rate: trunk_of(rate, 24) for rate in self.rates}
        good = yield from self._rung(first, Evaluate("frozen", steps=8))
        second = {rate: trunk_of(rate, 48, first[rate]) for rate in good[:2]}
        best, *_ = yield from self._rung(second, Evaluate("figure", "val_loss", steps=40))
        final = final_of(second[best], best, 0.8 * best)
        yield (Proposed(final, "final"),)
        return Answer("gain", METRIC, rate=best, schedules=final.schedules, final_job=final.key)

    def _rung(self, trunks: Mapping[float, Job], evaluate: Evaluate) -> Asking[list[float]]:
        """The rates, best score first; what has no score comes last."""
        jobs = [job for rate, trunk in trunks.items() for job in (trunk, branch_of(trunk, rate, evaluate))]
        outcomes = yield tuple(Proposed(job, "branch") for job in jobs)
        scores = {rate: outcome.score for rate, outcome in zip(trunks, outcomes[1::2], strict=True)}
        return sorted(trunks, key=lambda rate: (scores[rate] is None, scores[rate] or 0.0))
