"""Tier A: plays a frozen task to a controller, which cannot tell it from training.

Path:   a controller's jobs -> frozen curves -> outcomes -> its answer, and what it cost.
Units:  octaves are log2(rate / the script's own rate); cost is runs (steps / horizon).
"""

import math
from dataclasses import dataclass
from typing import Any

from frozen import Frozen

from ratecraft.controllers.bracket_branch_continue import BracketBranchContinue
from ratecraft.controllers.settings import TunerSettings
from ratecraft.laws.turning import good_until
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Figure, Group, Outcome, RunFacts

__all__ = ["Followed", "World", "follow"]


@dataclass(frozen=True)
class Followed:
    """A study that was followed to its answer, and what it cost in runs, the baseline not counted."""

    answer: Answer
    runs: float


def follow(world: "World", settings: TunerSettings) -> Followed:
    """Drive a study to its answer, one job at a time."""
    tuner = BracketBranchContinue(settings)
    state, steps = tuner.init(), 0
    while True:
        wanted = tuner.wanted(state, 1)
        if isinstance(wanted, Answer):
            return Followed(wanted, steps / world.task.steps)
        for each in wanted:
            state = tuner.observe(state, each)
            outcome = world.outcome(each.job)
            state = tuner.observe(state, Finished(outcome, 1))
            steps += 0 if each.phase == "baseline" else _steps(each.job, outcome, settings)


def _steps(job: Job, outcome: Outcome, settings: TunerSettings) -> int:
    """What a job executes: by forks its own steps; by replay all from 0, and a trunk nothing of its own."""
    if settings.branching == "fork":
        return outcome.steps
    return job.start + outcome.steps if job.evaluate is not None else 0


@dataclass(frozen=True)
class World:
    """Answers jobs of the tuner from frozen curves.

    A final run goes on from a trunk of another rate in truth; here it has the rate it was chosen at from step 0 on.

    Attributes:
        task: The frozen task.
        seed: Which of its seeds.
        loader: Tell the tuner of a data loader: it is led to the script's evaluation at any step, not at some only.
        single_pass: Have the loader tell that the data are seen once.
    """

    task: Frozen
    seed: int
    loader: bool = True
    single_pass: bool = False

    def outcome(self, job: Job) -> Outcome:
        """What came of a job."""
        stop = job.stop or self.task.steps
        values: dict[str, Any] = {"job": job.key, "steps": stop - job.start, "first_loss": 1.0, "facts": self.facts()}
        if job.evaluate is None:
            return Outcome(ending=Ending.DONE, **values)
        if not job.schedules:
            return self.complete(job, values, "constant", 0.0)
        rate = job.schedules["rate"]
        if job.start == stop:
            octave = self.octave(rate.at(stop - 1))
            figures = dict(self.task.figures("constant", octave, self.seed))
            return self.scored(values, figures[min(figures, key=lambda step: abs(step - stop))], stop)
        if stop < self.task.steps:
            octave = self.octave(rate.curve(stop - job.start, first=job.start).max())
            return self.scored(values, self.task.score(octave, stop, self.seed), stop)
        name = "linear" if rate.at(stop) == 0 else "constant"
        return self.complete(job, values, name, self.octave(rate.curve(stop - job.start, first=job.start).max()))

    def octave(self, rate: float) -> float:
        """Octaves above the script's own rate."""
        return round(math.log2(rate / self.task.rate), 6)

    def scored(self, values: dict[str, Any], score: float, stop: int) -> Outcome:
        """The outcome of a probe."""
        if not math.isfinite(score):
            return Outcome(ending=Ending.BLOWN_UP, **values)
        return Outcome(ending=Ending.DONE, score=score, figures=(Figure(stop, "val_loss", score),), **values)

    def complete(self, job: Job, values: dict[str, Any], name: str, octave: float) -> Outcome:
        """The outcome of a full run. One that may halve its rate where it blows up goes on so."""
        most = job.stop_rule.most_halvings if job.stop_rule.blown_up == "halve" else 0
        halvings = 0
        while halvings < most and self.task.blew_up(name, octave - halvings, self.seed):
            halvings += 1
        found = self.task.figures(name, octave - halvings, self.seed)
        if self.task.blew_up(name, octave - halvings, self.seed) or not math.isfinite(found[-1][1]):
            printed = tuple(Figure(step, "val_loss", value) for step, value in found if math.isfinite(value))
            return Outcome(ending=Ending.BLOWN_UP, figures=printed, **values)
        ending, found = Ending.DONE, list(found)
        for count in range(1, len(found)):  # one that the last figure ends has come to its own end
            if good_until(found[:count], job.stop_rule) is not None:
                found = found[:count]
                ending, values["steps"] = Ending.ENDED_EARLY, found[-1][0] - job.start
                break
        figures = tuple(Figure(step, "val_loss", value) for step, value in found if math.isfinite(value))
        best = min(figures, key=lambda figure: figure.value)
        values |= {"figures": figures, "score": figures[-1].value, "halvings": (1,) * halvings}
        return Outcome(ending=ending, best_score=best.value, best_step=best.step, **values)

    def facts(self) -> RunFacts:
        """What the script tells of itself."""
        return RunFacts(
            optimizers=("SGD",),
            groups=(Group(1000, self.task.rate, 1.0),),
            own_rate=self.task.rate,
            samples_per_step=1.0 if self.loader else None,
            dataset_length=(self.task.steps if self.single_pass else self.task.steps // 10) if self.loader else None,
            loader=self.loader,
            horizon=self.task.steps,
            horizon_source="loops",
        )
