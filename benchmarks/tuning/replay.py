"""Plays a frozen task to a controller, which cannot tell it from training.

Path:   a controller's jobs -> frozen curves -> outcomes -> its answer, and what it cost.
Units:  octaves are log2(rate / the script's own rate); cost is runs (steps / horizon).
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any

from frozen import Frozen
from suite import Task
from task_facts import facts_of

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import study
from ratecraft.errors import RatecraftError
from ratecraft.laws.losses.overfitting import overfits_after
from ratecraft.records.answer import Answer
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import FROZEN_STEP, Ending, Figure, Group, Outcome, RunFacts

__all__ = ["Followed", "World", "follow", "warm_up_of", "world_of"]

_LED = {"lightning", "transformers"}
_PLAIN = RunFacts(optimizers=("SGD",), groups=(Group(1000, 0.0, 1.0),))


@dataclass(frozen=True)
class Followed:
    """A study that was followed to its end.

    Attributes:
        answer: None where it refused, or found that it cannot answer.
        refusal: Why so.
        runs: What its jobs cost, the baseline not counted: what a budget limits.
        total: Everything: the baseline, and a third of a step for each frozen one on the way to a figure.
        jobs: Its jobs by their keys.
    """

    answer: Answer | None
    refusal: str
    runs: float
    total: float
    jobs: dict[str, Job]


def follow(world: "World", settings: TunerSettings) -> Followed:
    """Drive a study to its answer."""
    return follow_asking(world, study(settings), by_fork=settings.branching == "fork")


def follow_asking(
    world: "World", asking: Generator[tuple[Proposed, ...], tuple[Outcome, ...], Answer], *, by_fork: bool
) -> Followed:
    """Drive the sequential code of a study to its answer: each batch of jobs at once."""
    jobs: dict[str, Job] = {}
    known: dict[str, Outcome] = {}
    answer, refusal, steps, baseline, evaluation = None, "", 0, 0, 0.0
    try:
        asked = next(asking)
        while True:
            for each in asked:
                if each.job.key in known:
                    continue
                outcome = known[each.job.key] = world.outcome(each.job)
                jobs[each.job.key] = each.job
                executed = _executed(each.job, outcome, by_fork=by_fork)
                steps += 0 if each.phase == "baseline" else executed
                baseline += executed if each.phase == "baseline" else 0
                evaluation += outcome.evaluation_steps
            asked = asking.send(tuple(known[each.job.key] for each in asked))
    except StopIteration as end:
        answer = end.value
    except RatecraftError as error:
        refusal = error.code
    horizon = world.task.steps
    return Followed(answer, refusal, steps / horizon, (steps + baseline + evaluation) / horizon, jobs)


def _executed(job: Job, outcome: Outcome, *, by_fork: bool) -> int:
    """What a job executes: by forks its own steps; by replay all from 0, and a trunk nothing of its own."""
    if by_fork:
        return outcome.steps
    return job.start + outcome.steps if job.evaluate is not None else 0


def warm_up_of(job: Job, steps: int) -> int:
    """Steps of a job's warm-up: up to where its rate rises no more.

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, warmup
        >>> warm_up_of(Job(schedules={"rate": 0.1 * warmup(7) >> constant(0.1)}, stop=30), 1000)
        7
    """
    curve = job.schedules["rate"].curve(min(job.stop or steps, steps // 2 + 1))
    rises = (step for step in range(1, len(curve)) if curve[step] <= curve[step - 1] * (1 + 1e-9))
    return next(rises, len(curve))


@dataclass(frozen=True)
class World:
    """Answers jobs of the tuner from frozen curves.

    A final run goes on from a trunk of another rate in truth; here it has the rate it was chosen at from step 0 on.

    Attributes:
        task: The frozen task.
        seed: Which of its seeds.
        seen: What its script tells of itself; by default of a script without a loader, whose model nobody knows.
        own: It has a schedule of its own, which is its baseline.
        off: Octaves by which the rate that it writes is taken to be away from its true one.
        high_ends: A run whose loss is high ends (`records.blow_up`); else one ends only without a number.
    """

    task: Frozen
    seed: int
    seen: RunFacts = _PLAIN
    own: bool = False
    off: float = 0.0
    high_ends: bool = True

    @property
    def own_rate(self) -> float:
        """The largest rate that the script writes."""
        return self.task.rate * 2.0**self.off

    @property
    def baseline_loss(self) -> float | None:
        """What the script comes to as it is; None where it has no number at its end."""
        return self._baseline({"job": "baseline", "steps": self.task.steps}).score

    @property
    def baseline_of_others(self) -> float:
        """The mean of that with the other seeds; infinite where one of them has no number."""
        others = (replace(self, seed=seed).baseline_loss for seed in self.task.seeds if seed != self.seed)
        return fmean(math.inf if loss is None else loss for loss in others)

    def outcome(self, job: Job) -> Outcome:
        """What came of a job."""
        stop = self.task.steps if job.stop is None else job.stop
        values: dict[str, Any] = {"job": job.key, "steps": stop - job.start, "facts": self.facts}
        untrained = self.task.untrained.get(self.seed)
        values["first_loss"] = untrained[1] if untrained else 1.0
        if stop == 0:
            return self._untrained(job, values, stop)
        if not job.schedules and job.evaluate is not None and job.evaluate.kind != "census":
            return self._baseline(values)
        rates = job.schedules["rate"].curve(stop) if job.schedules else ()
        if not any(rates):
            return self._untrained(job, values, stop)
        octave = self.octave(float(max(rates[job.start :], default=rates[-1])))
        warm_up = warm_up_of(job, self.task.steps)
        if job.evaluate is None:
            losses = self.task.losses(self._constant, octave, self.seed, warm_up)
            return Outcome(ending=Ending.DONE, losses=losses[job.start : stop], **values)
        values["evaluation_steps"] = self._frozen_steps(job, stop) * FROZEN_STEP
        if job.start == stop:
            figures = dict(self.task.figures(self._constant, octave, self.seed))
            return self._scored(values, figures[min(figures, key=lambda step: abs(step - stop))], stop, ())
        if stop < self.task.steps:
            score = self.task.score(octave, stop, self.seed, warm_up, high_ends=self.high_ends)
            losses = self.task.losses("linear", octave, self.seed, warm_up)
            return self._scored(values, score, stop, losses[job.start : stop])
        is_cooled = job.schedules["rate"].at(stop) == 0
        return self._complete(job, values, "linear" if is_cooled else self._constant, octave, warm_up)

    def octave(self, rate: float) -> float:
        """Octaves above the script's true rate."""
        return round(math.log2(rate / self.task.rate), 6)

    @cached_property
    def _constant(self) -> str:
        """Of library trainers no constant run was trained to its end, only the trunk of the linear one."""
        return "constant" if self.task.octaves("constant", 0) else "trunk"

    def _untrained(self, job: Job, values: dict[str, Any], stop: int) -> Outcome:
        """A census, or a score of the untrained model; none where it was not scored."""
        untrained = self.task.untrained.get(self.seed)
        if untrained is None:
            return Outcome(ending=Ending.DONE, **{**values, "steps": stop - job.start})
        return self._scored({**values, "steps": stop - job.start}, untrained[0], stop, ())

    def _baseline(self, values: dict[str, Any]) -> Outcome:
        """The script as it is. At another rate than its true one it is as much worse as its linear runs are."""
        name = "own" if self.own else "constant"
        trained = self.task.octaves(name, 0)
        place = min(trained, key=lambda each: (abs(each - self.off), each))
        ratio = 1.0
        if place != self.off:
            there, here = (self.task.final("linear", each, self.seed) for each in (self.off, place))
            ratio = there / here if math.isfinite(here) else math.inf
        if ratio == math.inf or (self.high_ends and self.task.blew_up(name, place, self.seed)):
            return self._blown_up(values, self.task.figures(name, place, self.seed) if ratio < math.inf else ())
        found = [(step, value * ratio) for step, value in self.task.figures(name, place, self.seed)]
        if not math.isfinite(found[-1][1]):
            return self._blown_up(values, found)
        return self._ended(Ending.DONE, values, found, self.task.losses(name, place, self.seed))

    def _frozen_steps(self, job: Job, stop: int) -> int:
        """Frozen steps on the way to the script's next figure, where it cannot be led there."""
        if job.evaluate is None or job.evaluate.kind != "figure" or job.evaluate.lead != "steps":
            return 0
        every = max(1, self.task.steps // 20)
        return min(-stop % every, self.task.steps - stop)

    def _scored(self, values: dict[str, Any], score: float, stop: int, losses: tuple[float, ...]) -> Outcome:
        """The outcome of a probe."""
        if not math.isfinite(score):
            return Outcome(ending=Ending.BLOWN_UP, losses=losses, **values)
        figures = (self._figure(stop, score),)
        return Outcome(ending=Ending.DONE, score=score, figures=figures, losses=losses, **values)

    def _complete(self, job: Job, values: dict[str, Any], name: str, octave: float, warm_up: int) -> Outcome:
        """The outcome of a full run. One that may halve its rate where it blows up goes on so."""
        most = job.stop_rule.most_halvings if job.stop_rule.blown_up == "halve" else 0
        halvings = 0
        while halvings < most and self._blew_up(name, octave - halvings, warm_up):
            halvings += 1
        octave -= halvings
        found = self.task.figures(name, octave, self.seed, warm_up)
        if self._blew_up(name, octave, warm_up):
            return self._blown_up(values, found)
        ending, found = Ending.DONE, list(found)
        for count in range(1, len(found)):  # one that the last figure ends has come to its own end
            if overfits_after(found[:count], job.stop_rule) is not None:
                found = found[:count]
                ending, values["steps"] = Ending.ENDED_EARLY, found[-1][0] - job.start
                break
        losses = self.task.losses(name, octave, self.seed, warm_up)[job.start : job.start + values["steps"]]
        return self._ended(ending, {**values, "halvings": (1,) * halvings}, found, losses)

    def _blew_up(self, name: str, octave: float, warm_up: int) -> bool:
        """Whether a full run blows up: it ends without a number, or its loss was high where that counts."""
        if not math.isfinite(self.task.final(name, octave, self.seed, warm_up)):
            return True
        return self.high_ends and self.task.blew_up(name, octave, self.seed, warm_up)

    def _ended(
        self, ending: Ending, values: dict[str, Any], found: Sequence[tuple[int, float]], losses: tuple[float, ...]
    ) -> Outcome:
        figures = tuple(self._figure(step, value) for step, value in found if math.isfinite(value))
        best = min(figures, key=lambda figure: figure.value)
        values |= {"figures": figures, "score": figures[-1].value, "losses": losses}
        return Outcome(ending=ending, best_score=best.value, best_step=best.step, **values)

    def _blown_up(self, values: dict[str, Any], found: Sequence[tuple[int, float]]) -> Outcome:
        printed = tuple(self._figure(step, value) for step, value in found if math.isfinite(value))
        return Outcome(ending=Ending.BLOWN_UP, figures=printed, **values)

    def _figure(self, step: int, value: float) -> Figure:
        """A figure as the script tells it: by steps that it counts, whatever feeds it, but in a library's trainer."""
        is_counted = self.seen.loader and not _LED & set(self.seen.frameworks)
        return Figure(step, "val_loss", value, epoch_end=False if is_counted else None)

    @cached_property
    def facts(self) -> RunFacts:
        """What the script tells of itself."""
        groups = tuple(replace(group, base_rate=self.own_rate * group.ratio) for group in self.seen.groups)
        return replace(
            self.seen, groups=groups, own_rate=self.own_rate, horizon=self.task.steps, horizon_source="loops"
        )


def world_of(task: Task, frozen: Frozen, seed: int, off: float = 0.0) -> World:
    """A task of the suite with what is seen of its script."""
    own = bool(frozen.octaves("own", 0))
    return World(frozen, seed, facts_of(task.name) or _PLAIN, own=own, off=off)
