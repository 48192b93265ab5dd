"""Reads a frozen task, and what a run at any rate and warm-up would have come to.

Path:   frozen/TASK.json.gz -> runs by name, octave and seed -> curves at the rates and warm-ups between.
Units:  steps are optimizer steps; octaves are log2(rate / the script's own rate); losses are validation losses.

Between two octaves a loss is that of a monotone cubic through the logarithms of the losses about it, so that no minimum
is invented between two runs. Next to a run without a number there is none. Beyond what was trained, the nearest holds.
A seed that lacks a run has that of seed 0 or 1, whichever is of its half: only those two have warm-ups.
"""

import gzip
import json
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from monotone import monotone_at
from warm_ups import LEVELS, PROBED, levels_about, name_at, shift_of

__all__ = ["Frozen", "Run", "between", "is_complete", "last", "load"]

FROZEN = Path(__file__).with_name("frozen")
_BLOCKS = 64  # of a run's losses, whose means are kept

Run = Mapping[str, Any]
Found = TypeVar("Found")


def is_complete(name: str, folder: Path = FROZEN) -> bool:
    """Whether a task is frozen with every run that the oracle is to have."""
    path = folder / f"{name}.json.gz"
    if not path.exists():
        return False
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return '"complete":true' in file.read(1000)


def load(name: str, folder: Path = FROZEN) -> "Frozen":
    """A frozen task by its name."""
    data = json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
    return Frozen(data["task"], data["rate"], data["steps"], data["trees"])


def between(octave: float, known: Mapping[float, float]) -> float:
    """The loss at an octave from the losses at others; infinite next to one that is.

    Example:
        >>> between(1.0, {0: 1.0, 1: 2.0, 2: 4.0}), between(9, {0: 1.0, 1: 2.0}), between(0.5, {0: 1.0, 1: math.inf})
        (2.0, 2.0, inf)
    """
    return all_between(octave, {place: (loss,) for place, loss in known.items()})[0]


def all_between(octave: float, known: Mapping[float, Sequence[float]]) -> tuple[float, ...]:
    """Several losses at an octave, each from those of the same place at others, as `between`."""
    places = sorted(known)
    octave = min(max(octave, places[0]), places[-1])
    if octave in known:
        return tuple(known[octave])
    above = next(place for place, each in enumerate(places) if each > octave)
    columns = zip(*(known[place] for place in places), strict=True)
    return tuple(_within(octave, places, losses, above) for losses in columns)


def _within(octave: float, places: Sequence[float], losses: Sequence[float], above: int) -> float:
    """A loss at an octave that lies just below one of the places."""
    if not (math.isfinite(losses[above - 1]) and math.isfinite(losses[above])):
        return math.inf
    finite = [(place, math.log(loss)) for place, loss in zip(places, losses, strict=True) if math.isfinite(loss)]
    return math.exp(monotone_at(octave, *zip(*finite, strict=True)))


@dataclass(frozen=True, eq=False)
class Frozen:
    """One task: its own rate, the steps of a run, and everything that was trained."""

    name: str
    rate: float
    steps: int
    trees: Sequence[Run]
    _memory: dict[Hashable, Any] = field(default_factory=dict[Hashable, Any], repr=False)

    @cached_property
    def runs(self) -> Mapping[tuple[str, int], Mapping[float, Run]]:
        """Name and seed to octave to run. A run that never began, since its trunk had no number, is an empty one."""
        found: dict[tuple[str, int], dict[float, Run]] = {}
        for tree in self.trees:
            made = {run["name"]: run for run in tree["runs"]}
            for name in NAMES[tree["kind"]]:
                run = made.get(name, {"figures": [], "losses": [], "ended": True, "blown_at": 0})
                found.setdefault((name, tree["seed"]), {})[tree["octave"]] = run
        return found

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that were trained."""
        return tuple(sorted({tree["seed"] for tree in self.trees}))

    def octaves(self, name: str, seed: int) -> tuple[float, ...]:
        """Where a run of this name and seed was trained."""
        return tuple(sorted(self.runs.get((name, seed), {})))

    def along(self, name: str, seed: int) -> Mapping[float, Run]:
        """Runs by octave; where this seed has none, those of another of its half, else of seed 0."""

        def found() -> dict[float, Run]:
            first, half, own = (self.runs.get((name, each), {}) for each in (0, seed % 2, seed))
            return {**first, **half, **own}

        return self._once(("along", name, seed), found)

    def final(self, name: str, octave: float, seed: int, warm_up: int = 0) -> float:
        """The last validation loss of a run with so many steps of warm-up; infinite where it has none."""
        return self._mixed(warm_up, lambda level: between(octave, self._finals(name, level, seed)))

    def _finals(self, name: str, level: int, seed: int) -> Mapping[float, float]:
        """Octave to the last loss of a run, at one level of warm-ups; where it was not trained, what stands for it."""

        def found() -> dict[float, float]:
            known = {place: last(run) for place, run in self.along(name_at(name, level), seed).items()}
            plain = {} if level == LEVELS[0] else self._finals(name, LEVELS[0], seed)
            shift = shift_of(name, level, self.steps)
            return {**{place: between(place + shift, plain) for place in _outside(plain, known)}, **known}

        return self._once(("finals", name, level, seed), found)

    def figures(self, name: str, octave: float, seed: int, warm_up: int = 0) -> tuple[tuple[int, float], ...]:
        """All validation losses of a run with their steps, interpolated each; infinite where there is none."""
        steps = self._steps_of(name, seed)
        values = [
            (all_between(octave, self._curves(name, level, seed)), weight)
            for level, weight in levels_about(warm_up, self.steps)
        ]
        return tuple(zip(steps, (_geometric(each, values) for each in range(len(steps))), strict=True))

    def _steps_of(self, name: str, seed: int) -> tuple[int, ...]:
        """The steps at which runs of a name were validated."""
        every = self.along(name, seed)
        return self._once(
            ("steps", name, seed),
            lambda: tuple(sorted({step for place in every for step, _ in self.curve(name, place, seed)})),
        )

    def _curves(self, name: str, level: int, seed: int) -> Mapping[float, Sequence[float]]:
        """Octave to the losses at all steps of a run, at one level of warm-ups; where it was not trained, as above."""

        def found() -> dict[float, Sequence[float]]:
            steps, at = self._steps_of(name, seed), name_at(name, level)
            curves = {place: dict(self.curve(at, place, seed)) for place in self.along(at, seed)}
            known = {place: [curve.get(step, math.inf) for step in steps] for place, curve in curves.items()}
            plain = {} if level == LEVELS[0] else self._curves(name, LEVELS[0], seed)
            shift = shift_of(name, level, self.steps)
            return {**{place: all_between(place + shift, plain) for place in _outside(plain, known)}, **known}

        return self._once(("curves", name, level, seed), found)

    def curve(self, name: str, octave: float, seed: int) -> tuple[tuple[int, float], ...]:
        """The validation losses of a trained run with their steps; of a linear run its trunk's come first."""
        figures = self.along(name, seed)[octave]["figures"]
        if name.startswith("linear"):
            trunk = self.trunk(name, octave, seed)
            before = trunk["figures"] if trunk else []
            figures = [each for each in before if each[0] <= self.flat] + figures
        return tuple({step: math.inf if value is None else value for step, value in figures}.items())

    @property
    def flat(self) -> int:
        """The step at which a linear run leaves its trunk."""
        return self.steps - round(0.6 * self.steps)

    def trunk(self, name: str, octave: float, seed: int) -> Run | None:
        """What a linear run is before it leaves its trunk: of this very seed where there is one."""
        _, _, level = name.partition("@")
        names = (f"trunk@{level}",) if level else ("constant", "trunk")
        own = (self.runs.get((each, seed), {}).get(octave) for each in names)
        others = (self.along(each, seed).get(octave) for each in names)
        return next((run for run in (*own, *others) if run is not None), None)

    def score(self, octave: float, stop: float, seed: int, warm_up: int = 0, *, high_ends: bool = True) -> float:
        """The validation loss of a run that was cooled down to 0 at any length from T/64 on.

        Up to T/4 it is that of a probe, cooled down over its last fifth; towards T it becomes that of the linear run.
        Probes of T/4 were trained in the core only.

        Args:
            octave: Of its rate.
            stop: Its steps.
            seed: Of the run.
            warm_up: Steps of warm-up.
            high_ends: One that blew up has no score, even if it came back.
        """
        return self._mixed(warm_up, lambda level: self._score_at(octave, stop, seed, level, high_ends=high_ends))

    def _score_at(self, octave: float, stop: float, seed: int, level: int, *, high_ends: bool) -> float:
        known: dict[float, float] = {}
        if stop > self.steps // 4:
            known[math.log(self.steps)] = between(octave, self._finals("linear", level, seed))
        for part in PROBED[level]:
            probes = self._probes(part, level, seed, high_ends=high_ends)
            if probes and (part > 4 or min(probes) <= octave <= max(probes)):
                known[math.log(1.25 * (self.steps // part))] = between(octave, probes)
        return between(math.log(stop), known)

    def _probes(self, part: int, level: int, seed: int, *, high_ends: bool) -> Mapping[float, float]:
        """Octave to the score of the probe of a trunk, at one level of warm-ups."""

        def found() -> dict[float, float]:
            name = f"probe-{part}"
            known = {
                place: math.inf if high_ends and run["blown_at"] is not None else last(run)
                for place, run in self.along(name_at(name, level), seed).items()
            }
            plain = {} if level == LEVELS[0] else self._probes(part, LEVELS[0], seed, high_ends=high_ends)
            shift = shift_of(name, level, self.steps)
            return {**{place: between(place + shift, plain) for place in _outside(plain, known)}, **known}

        return self._once(("probes", part, level, seed, high_ends), found)

    def losses(self, name: str, octave: float, seed: int, warm_up: int = 0) -> tuple[float, ...]:
        """The training loss of each step of a run, of the nearest that was trained: means of 64 blocks.

        Of a linear run its trunk's come first. A run that lost its number is as long as it got.
        """
        level = self._level(warm_up)
        level = level if self.along(name_at(name, level), seed) else LEVELS[0]
        every = self.along(name_at(name, level), seed)
        place = min(every, key=lambda each: (abs(each - octave), each))

        def found() -> tuple[float, ...]:
            own = self._each_step(every[place]["losses"])
            if name != "linear":
                return own
            trunk = self.trunk(name_at(name, level), place, seed)
            return (self._each_step(trunk["losses"])[: self.flat] if trunk else ()) + own

        whole = self._once(("losses", name, level, place, seed), found)
        return whole[: self.steps]

    def _each_step(self, blocks: Iterable[float | None]) -> tuple[float, ...]:
        size = max(1, self.steps // _BLOCKS)
        return tuple(math.nan if loss is None else loss for loss in blocks for _ in range(size))

    @cached_property
    def untrained(self) -> Mapping[int, tuple[float, float] | None]:
        """Seed to the validation loss of the untrained model and the training loss of its first step."""
        starts = {seed: self.runs.get(("start", seed), {}).get(0) for seed in self.seeds}
        return {seed: None if run is None else (run["figures"][0][1], run["frozen"][0]) for seed, run in starts.items()}

    def blew_up(self, name: str, octave: float, seed: int, warm_up: int = 0) -> bool:
        """Whether a run is one that a study would have stopped: the nearest trained one that isn't below it was."""
        level = self._level(warm_up)
        warmed = self.along(name_at(name, level), seed)
        runs = warmed if warmed and min(warmed) <= octave <= max(warmed) else self.along(name, seed)
        place = min((each for each in runs if each >= octave), default=max(runs))
        return runs[place]["blown_at"] is not None

    def _level(self, warm_up: int) -> int:
        """The trained level of warm-ups that is nearest to one."""
        level, _ = max(levels_about(warm_up, self.steps), key=lambda each: each[1])
        return level

    def ramp(self, seed: int) -> tuple[float, ...]:
        """The training losses of the range test."""
        losses = self.runs["ramp", seed][0]["losses"]
        return tuple(math.inf if loss is None else loss for loss in losses)

    def _mixed(self, warm_up: int, loss_at: Callable[[int], float]) -> float:
        return _geometric(0, [((loss_at(level),), weight) for level, weight in levels_about(warm_up, self.steps)])

    def _once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What was made before under this key."""
        if key not in self._memory:
            self._memory[key] = make()
        return self._memory[key]


_PROBES = tuple(f"probe-{part}" for part in ("64", "32", "16", "8-0.125", "8", "8-0.5"))

NAMES = {
    "full": ("constant", "cosine", "linear", *_PROBES, "probe-4"),
    "outer": ("trunk", "linear", *_PROBES),
    "probes": ("trunk", *_PROBES),
    "ramp": ("ramp",),
    "start": ("start",),
    "own": ("own",),
    "warm-20": ("trunk@20", "probe-16@20", "probe-8@20", "probe-4@20", "linear@20"),
    "warm-10": ("trunk@10", "probe-8@10", "probe-4@10", "linear@10"),
}
"""What each kind of tree holds."""


def last(run: Run) -> float:
    """The last validation loss of a run; infinite where it ended without one or had no number at its end."""
    if run["ended"] or not run["figures"] or run["figures"][-1][1] is None:
        return math.inf
    return run["figures"][-1][1]


def _outside(plain: Iterable[float], known: Mapping[float, Any]) -> list[float]:
    """The octaves outside of those that are known."""
    low, high = (min(known), max(known)) if known else (math.inf, math.inf)
    return [place for place in plain if place < low or place > high]


def _geometric(place: int, values: Sequence[tuple[Sequence[float], float]]) -> float:
    """The geometric mean of several losses by their weights; next to an infinite one, the one with more weight."""
    heaviest, _ = max(values, key=lambda each: each[1])
    if len(values) == 1 or not all(math.isfinite(losses[place]) for losses, _ in values):
        return heaviest[place]
    return math.exp(sum(weight * math.log(losses[place]) for losses, weight in values))
