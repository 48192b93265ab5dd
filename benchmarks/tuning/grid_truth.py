"""What the whole grid of a task knows that no study does: how good other rates are, and what is luck.

Path:   frozen tasks -> the best rate, the rates that are as good, controls, the same run with other seeds.
Units:  octaves are log2(rate / the script's true rate); losses are validation losses.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean

from frozen import Frozen
from scoring import Reference, reference_of

__all__ = ["CONTROLS", "Truth"]

CONTROLS = (-2.0, 2.0, 4.0)
"""Octaves from a script's own rate at which it is run too: a user who is told to keep it might have tried these."""
_FINE = 16
"""Places an octave at which a valley is looked at."""
_SHARE = 0.01
"""A rate is as good as the best where its loss is within this share of it, or within the noise of one seed."""


@dataclass(frozen=True)
class Truth:
    """One task, seen whole."""

    task: Frozen
    _valleys: dict[int, Mapping[float, float]] = field(default_factory=dict[int, Mapping[float, float]], repr=False)

    @cached_property
    def reference(self) -> Reference:
        """What results are held against."""
        return reference_of(self.task)

    def control(self, seed: int, off: float) -> float:
        """The best of the linear runs at a quarter of a rate, at 4 and at 16 times of it."""
        return min(self.task.final("linear", off + away, seed) for away in CONTROLS)

    def valley(self, warm_up: int) -> Mapping[float, float]:
        """Octave to the mean loss over seeds of linear runs with a warm-up, finely, where the core was trained."""
        if warm_up not in self._valleys:
            core = set.intersection(*(set(self.task.octaves("linear", seed)) for seed in self.task.seeds))
            places = [place / _FINE for place in range(round(min(core) * _FINE), round(max(core) * _FINE) + 1)]
            self._valleys[warm_up] = {
                place: fmean(self.task.final("linear", place, seed, warm_up) for seed in self.task.seeds)
                for place in places
            }
        return self._valleys[warm_up]

    def best_octave(self, warm_up: int) -> float:
        """The octave of the best rate of a full linear run."""
        valley = self.valley(warm_up)
        return min(valley, key=lambda octave: valley[octave])

    def good_share(self, low: float, high: float, warm_up: int, octave: float | None = None) -> float:
        """The share of an interval of octaves where a full run is as good as the best, or as that at an octave."""
        valley = self.valley(warm_up)
        best = min(valley.values()) if octave is None else valley.get(_nearest(octave), math.inf)
        limit = best + max(_SHARE * abs(best), self.reference.sd)
        places = _places(low, high)
        ends = min(valley), max(valley)
        return fmean(ends[0] <= each <= ends[1] and valley[_nearest(each)] <= limit for each in places)

    def others(self, seed: int, octave: float, warm_up: int, stop: int) -> float:
        """The mean loss of a final run with the other seeds."""
        return fmean(self._final(octave, each, warm_up, stop) for each in self.task.seeds if each != seed)

    def _final(self, octave: float, seed: int, warm_up: int, stop: int) -> float:
        if stop < self.task.steps:
            return self.task.score(octave, stop, seed, warm_up)
        return self.task.final("linear", octave, seed, warm_up)


def _nearest(octave: float) -> float:
    return round(octave * _FINE) / _FINE


def _places(low: float, high: float) -> Sequence[float]:
    count = max(2, math.ceil((high - low) * _FINE) + 1)
    return [low + (high - low) * each / (count - 1) for each in range(count)]
