"""Worlds that answer a study's jobs without training: a formula, or a table of runs that were trained once.

`follow` plays driver and executor for a controller, and holds what every study must keep to.
"""

import json
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ratecraft.controllers.find.controller import Find
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.search.controller import Sample, Search, no_model
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Figure, Group, Outcome, RunFacts

TABLES = Path(__file__).with_name("tables")


class World(Protocol):
    """Answers jobs."""

    def outcome(self, job: Job) -> Outcome: ...


@dataclass(frozen=True)
class Followed:
    """A study that was followed to its answer."""

    answer: Answer
    proposed: tuple[Proposed, ...]
    outcomes: Mapping[str, Outcome]

    def of(self, phase: str) -> list[Job]:
        return [each.job for each in self.proposed if each.phase == phase]

    def codes(self) -> list[str]:
        return [decision.code for decision in self.answer.decisions]

    def scored(self, phase: str) -> list[Job]:
        return [job for job in self.of(phase) if job.evaluate is not None]


def follow(
    world: World,
    settings: TunerSettings | FindSettings | SearchSettings | None = None,
    *,
    free: int = 1,
    order: int = 0,
    sample: Sample = no_model,
    controller: Any = None,
) -> Followed:
    """Drive a study to its answer; `order` seeds the order in which open jobs end."""
    tuner: Any = controller or controller_of(settings or TunerSettings(), sample)
    state, waiting = tuner.init(), dict[str, Job]()
    proposed: list[Proposed] = []
    outcomes: dict[str, Outcome] = {}
    shuffled = random.Random(order)  # noqa: S311 - nothing here is secret
    while True:
        slots = free - sum(job.evaluate is not None for job in waiting.values())
        wanted = tuner.wanted(state, slots)
        if isinstance(wanted, Answer):
            return Followed(wanted, tuple(proposed), outcomes)
        assert sum(each.job.evaluate is not None for each in wanted) <= slots
        for each in wanted:
            known = {earlier.job.key: earlier.job for earlier in proposed}
            assert each.job.key not in known, "proposed twice"
            _check_parent(each.job, known)
            proposed.append(each)
            waiting[each.job.key] = each.job
            state = tuner.observe(state, each)
        assert waiting, "waits for nothing"
        key = shuffled.choice(sorted(waiting))
        outcomes[key] = world.outcome(waiting.pop(key))
        state = tuner.observe(state, Finished(outcomes[key], 1))


def controller_of(settings: TunerSettings | FindSettings | SearchSettings, sample: Sample = no_model) -> Any:
    if isinstance(settings, SearchSettings):
        return Search(settings, sample)
    return Find(settings) if isinstance(settings, FindSettings) else BracketBranchContinue(settings)


def _check_parent(job: Job, known: Mapping[str, Job]) -> None:
    """A job's schedules are its parent's before its start, and the parent was asked for before."""
    if job.parent is None:
        assert job.start == 0
        return
    parent = known[job.parent]
    assert parent.stop == job.start
    if not parent.schedules:  # the script's own rates, which hold there whatever the job's are
        return
    before = [schedules["rate"].curve(job.start).tolist() for schedules in (parent.schedules, job.schedules)]
    assert before[0] == before[1]


def planned_runs(followed: Followed, settings: TunerSettings, horizon: int) -> float:
    """What the jobs cost in runs, counted step by step and apart from the tuner's own plan."""
    jobs = [each.job for each in followed.proposed if each.phase != "baseline"]
    if settings.branching == "replay":
        steps = sum(horizon if job.stop is None else job.stop for job in jobs if job.evaluate is not None)
    else:
        steps = sum((horizon if job.stop is None else job.stop) - job.start for job in jobs)
    return steps / horizon


def peak_octave(job: Job, own_rate: float, horizon: int) -> float | None:
    """The octave that a job is about: of a probe its constant rate, of a full run the peak of its own steps."""
    if not job.schedules or job.stop is None:
        return None
    rate = job.schedules["rate"]
    if job.stop < horizon:
        return math.log2(rate.at(job.stop - 1 if job.evaluate is None else job.start) / own_rate)
    return math.log2(rate.curve(job.stop - job.start, first=job.start).max() / own_rate)


def is_annealed(job: Job) -> bool:
    """Whether a job's rate has come down to nothing at its end."""
    return bool(job.schedules) and job.stop is not None and job.schedules["rate"].at(job.stop) == 0


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A script that is only a formula: a lopsided valley in log2(rate), whose bottom moves with the horizon.

    score = floor + height · (steps / horizon)^-decay + width · (octave − bottom)², twice as steep above the bottom;
    beyond `edge` it blows up. Untrained it is worse than the floor by `untrained`.
    `sign` -1 makes it a figure that is better when larger. What ends at a rate is worse by
    `unannealed`. One that is `figureless` tells no figure after a probe. A `silent` script never writes a rate; one
    that is not `told` does not tell its length.
    """

    horizon: int = 2000
    own_rate: float = 0.01
    bottom: float = 0.0
    slope: float = -0.1
    floor: float = 1.0
    height: float = 0.1
    decay: float = 0.5
    width: float = 0.05
    edge: float = 6.0
    untrained: float = 100.0
    noise: float = 0.0
    unannealed: float = 0.0
    sign: float = 1.0
    metric: str = "val_loss"
    loader: bool = True
    every: int = 0
    passes: float | None = 10.0
    wobble: float = 0.0
    silent: bool = False
    told: bool = True
    batches: float = 0.0
    learns: bool = True
    seeded: bool = False
    figureless: bool = False
    overrides: Mapping[float, Mapping[str, Any]] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)

    def score(self, octave: float, steps: int) -> float:
        away = octave - (self.bottom + self.slope * math.log2(steps / self.horizon))
        shape = self.width * away * away * (2 if away > 0 else 1)
        return self.sign * (self.floor + self.height * (steps / self.horizon) ** -self.decay + shape)

    def outcome(self, job: Job) -> Outcome:
        noise = random.Random(job.key)  # noqa: S311
        if job.stop == 0:
            return self.before(job)
        octave = peak_octave(job, self.own_rate, self.horizon)
        stop = job.stop or self.horizon
        if job.evaluate is not None and job.evaluate.kind == "frozen" and job.evaluate.steps == 1:
            return self.ramp(job)
        values: dict[str, Any] = {
            "job": job.key,
            "ending": Ending.DONE,
            "steps": stop - job.start,
            "executed": stop,
            "first_loss": 2.0 + self.wobble * noise.random(),
            "facts": self.facts(),
        }
        if job.evaluate is not None and job.evaluate.kind == "census":
            return Outcome(**values, figures=self.figures(1.0, [1]))
        if octave is not None and octave > self.edge:
            return Outcome(**values | {"ending": Ending.BLOWN_UP, "steps": 1})
        frozen = job.evaluate is not None and job.evaluate.kind == "frozen"
        score = self.score(octave or 0.0, stop) + (0.0 if frozen else noise.gauss(0.0, self.noise))
        score += 0.0 if octave is None or is_annealed(job) else self.sign * self.unannealed
        values["losses"] = tuple(self.losses(job, score, stop))
        if job.evaluate is not None:
            values |= self.scored(job, score, noise)
        if job.evaluate is not None and octave is not None:
            values |= self.overrides.get(round(octave, 6), {})
        if not job.schedules:
            values |= self.baseline
        return Outcome(**values)

    def before(self, job: Job) -> Outcome:
        """The untrained model."""
        assert job.evaluate is not None
        score = None if self.figureless and job.evaluate.kind == "figure" else self.floor + self.untrained
        frozen = (self.floor + self.untrained,) * job.evaluate.steps if job.evaluate.kind == "frozen" else ()
        score = None if score is None else self.sign * score
        return Outcome(job.key, Ending.DONE, score=score, frozen_losses=frozen, first_loss=2.0, facts=self.facts())

    def losses(self, job: Job, score: float, stop: int) -> Iterator[float]:
        """Training losses that soon fall to the score, with the same noise of batches in every run."""
        hard = random.Random(job.seed)  # noqa: S311
        noise = [hard.gauss(0, self.batches) for _ in range(stop)]
        last, fall = (score, 2.0) if self.learns else (self.floor, 0.0)
        yield from (last + fall * max(0.0, 1 - step / 16) + noise[step] for step in range(job.start, stop))

    def ramp(self, job: Job) -> Outcome:
        """Losses that fall until the bottom is passed, and are no number beyond the edge."""
        draw, losses = random.Random(job.key), list[float]()  # noqa: S311
        for rate in job.schedules["rate"].curve(job.stop or 0):
            octave = math.log2(rate / self.own_rate)
            fallen = self.learns / (1 + 2.0 ** (self.bottom - 2 - octave))
            losses.append(math.nan if octave > self.edge else 3 - fallen + draw.gauss(0, self.batches))
            if octave > self.edge:
                break
        ending = Ending.BLOWN_UP if math.isnan(losses[-1]) else Ending.DONE
        done = len(losses)
        return Outcome(job.key, ending, steps=done, executed=done, losses=tuple(losses), first_loss=losses[0])

    def scored(self, job: Job, score: float, noise: random.Random) -> dict[str, Any]:
        assert job.evaluate is not None
        if job.evaluate.kind == "frozen":
            hard = random.Random(5)  # noqa: S311 - hard batches are hard in every run
            losses = [score + hard.gauss(0, 0.3) + noise.gauss(0, self.noise) for _ in range(job.evaluate.steps)]
            return {"frozen_losses": tuple(losses), "score": math.fsum(losses) / len(losses)}
        if job.evaluate.kind == "figure":
            return {"score": None if self.figureless else score}
        steps = range(self.every, self.horizon + 1, self.every) if self.every else [self.horizon // 2, self.horizon]
        figures = self.figures(score, steps)
        values = [figure.value for figure in figures]
        if not values:
            return {}
        best = values.index(min(values, key=lambda value: self.sign * value))
        return {"figures": figures, "score": score, "best_score": values[best], "best_step": figures[best].step}

    def figures(self, last: float, steps: Any) -> tuple[Figure, ...]:
        worse = list(steps)[::-1]
        return tuple(
            Figure(step, self.metric, last + self.sign * 0.01 * place)
            for place, step in enumerate(worse)
            if self.metric
        )[::-1]

    def facts(self) -> RunFacts:
        return RunFacts(
            optimizers=("SGD",),
            groups=(Group(1000, 0.0 if self.silent else self.own_rate, 1.0),),
            own_rate=None if self.silent else self.own_rate,
            samples_per_step=10.0,
            dataset_length=None if self.passes is None else round(10 * self.horizon / self.passes),
            loader=self.loader,
            horizon=self.horizon if self.told else None,
            horizon_source="loops" if self.told else "",
            seeds_itself=self.seeded,
        )


@dataclass(frozen=True)
class Table:
    """Real runs, trained once by `benchmarks/frozen_tables.py`: octave to score for each length of a run.

    Between its octaves the score is interpolated; a blown-up neighbour is a blow-up. It knows no score of a trunk.
    """

    name: str
    seed: int

    @property
    def data(self) -> Mapping[str, Any]:
        return json.loads((TABLES / f"{self.name}.json").read_text(encoding="utf-8"))

    def score(self, octave: float, stop: int, data: Mapping[str, Any]) -> float:
        row = data["scores"][self.seed][str(stop)]
        low = math.floor(octave)
        ends = [row.get(str(each)) for each in (low, low + 1)]
        if octave == low:
            return math.inf if ends[0] is None else ends[0]
        return math.inf if None in ends else ends[0] + (octave - low) * (ends[1] - ends[0])

    def outcome(self, job: Job) -> Outcome:
        data = self.data
        horizon = data["horizon"]
        facts = RunFacts(
            optimizers=("SGD",),
            own_rate=data["own_rate"],
            samples_per_step=data["batch"],
            dataset_length=data["samples"],
            loader=True,
        )
        if job.stop == 0:
            return Outcome(job.key, Ending.DONE, first_loss=1.0, facts=facts)
        octave = peak_octave(job, data["own_rate"], horizon)
        stop = job.stop or horizon
        values: dict[str, Any] = {"job": job.key, "steps": stop - job.start, "first_loss": 1.0, "facts": facts}
        if job.evaluate is None:
            return Outcome(ending=Ending.DONE, **values)
        if job.start == job.stop:
            return Outcome(ending=Ending.DONE, **values)
        score = data["baseline"][self.seed] if octave is None else self.score(octave, stop, data)
        if not math.isfinite(score):
            return Outcome(ending=Ending.BLOWN_UP, **values)
        figures = (Figure(stop, "val_loss", score),) if job.evaluate.kind == "natural" else ()
        return Outcome(ending=Ending.DONE, score=score, figures=figures, **values)


FAILED = {
    "ending": Ending.FAILED,
    "score": None,
    "failure": Failure("exception", "KeyError", "'x'", "train.py", 7, "Traceback"),
}
