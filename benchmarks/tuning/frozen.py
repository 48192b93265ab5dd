"""Reads a frozen task, and what a run at any rate would have come to, by interpolation in log rate.

Path:   frozen/TASK.json.gz -> runs by name, octave and seed -> curves at the rates between.
Units:  steps are optimizer steps; octaves are log2(rate / the script's own rate); losses are validation losses.

Between two octaves a loss is that of a monotone cubic through the logarithms of the losses about it, so that no minimum
is invented between two runs. Next to a run without a number there is none. Beyond what was trained, the nearest holds.
"""

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

__all__ = ["Frozen", "between", "is_complete", "load"]

FROZEN = Path(__file__).with_name("frozen")


def is_complete(name: str, folder: Path = FROZEN) -> bool:
    """Whether a task is frozen with every run that the oracle is to have."""
    path = folder / f"{name}.json.gz"
    return path.exists() and bool(json.loads(gzip.decompress(path.read_bytes()))["complete"])


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
    places = sorted(known)
    octave = min(max(octave, places[0]), places[-1])
    if octave in known:
        return known[octave]
    above = next(place for place, each in enumerate(places) if each > octave)
    if not (math.isfinite(known[places[above - 1]]) and math.isfinite(known[places[above]])):
        return math.inf
    finite = [each for each in places if math.isfinite(known[each])]
    return float(np.exp(PchipInterpolator(finite, [math.log(known[each]) for each in finite])(octave)))


@dataclass(frozen=True)
class Frozen:
    """One task: its own rate, the steps of a run, and everything that was trained."""

    name: str
    rate: float
    steps: int
    trees: Sequence[Mapping[str, Any]]

    @cached_property
    def runs(self) -> Mapping[tuple[str, int], Mapping[float, Mapping[str, Any]]]:
        """Name and seed to octave to run. A run that never began, since its trunk had no number, is an empty one."""
        found: dict[tuple[str, int], dict[float, Mapping[str, Any]]] = {}
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

    def along(self, name: str, seed: int) -> Mapping[float, Mapping[str, Any]]:
        """Runs by octave; where this seed has none, those of seed 0."""
        return {**self.runs.get((name, 0), {}), **self.runs.get((name, seed), {})}

    def final(self, name: str, octave: float, seed: int) -> float:
        """The last validation loss of a run; infinite where it has none."""
        return between(octave, {place: last(run) for place, run in self.along(name, seed).items()})

    def figures(self, name: str, octave: float, seed: int) -> tuple[tuple[int, float], ...]:
        """All validation losses of a run with their steps, interpolated each; infinite where there is none."""
        curves = {place: dict(self.curve(name, place, seed)) for place in self.along(name, seed)}
        steps = sorted({step for curve in curves.values() for step in curve})
        return tuple(
            (step, between(octave, {place: curve.get(step, math.inf) for place, curve in curves.items()}))
            for step in steps
        )

    def curve(self, name: str, octave: float, seed: int) -> tuple[tuple[int, float], ...]:
        """The validation losses of a trained run with their steps; of a linear run its trunk's come first."""
        run = self.along(name, seed)[octave]
        figures = [(step, math.inf if value is None else value) for step, value in run["figures"]]
        if name == "linear":
            flat = self.steps - round(0.6 * self.steps)
            trunk = self.along("constant", seed).get(octave) or self.along("trunk", seed).get(octave)
            before = trunk["figures"] if trunk else []
            figures = [(step, math.inf if value is None else value) for step, value in before if step <= flat] + figures
        return tuple(dict(figures).items())

    def score(self, octave: float, stop: float, seed: int) -> float:
        """The validation loss of a run that was cooled down to 0 at any length from T/64 on.

        Up to T/4 it is that of a probe, cooled down over its last fifth; towards T it becomes that of the linear run.
        Infinite where it blew up. Probes of T/4 were trained in the core only.
        """
        known = {math.log(self.steps): self.final("linear", octave, seed)} if stop > self.steps // 4 else {}
        for part in (64, 32, 16, 8, 4):
            probes = self.along(f"probe-{part}", seed)
            if min(probes) <= octave <= max(probes) or part > 4:
                losses = {
                    place: math.inf if run["blown_at"] is not None else last(run) for place, run in probes.items()
                }
                known[math.log(1.25 * (self.steps // part))] = between(octave, losses)
        return between(math.log(stop), known)

    def blew_up(self, name: str, octave: float, seed: int) -> bool:
        """Whether a run is one that a study would have stopped: the nearest trained one that isn't below it was."""
        runs = self.along(name, seed)
        place = min((each for each in runs if each >= octave), default=max(runs))
        return runs[place]["blown_at"] is not None

    def ramp(self, seed: int) -> tuple[float, ...]:
        """The training losses of the range test."""
        losses = self.runs["ramp", seed][0]["losses"]
        return tuple(math.inf if loss is None else loss for loss in losses)


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


def last(run: Mapping[str, Any]) -> float:
    """The last validation loss of a run; infinite where it ended without one or had no number at its end."""
    if run["ended"] or not run["figures"] or run["figures"][-1][1] is None:
        return math.inf
    return run["figures"][-1][1]
