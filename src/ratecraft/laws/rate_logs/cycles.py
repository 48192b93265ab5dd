"""A rate that comes up again and again: cosine restarts, triangles, waves.

Path:   a log with several rises -> forms of cycles -> `match` -> `identify`.
Units:  steps of the run, absolute rates.
Source: Loshchilov & Hutter 2017 (restarts, growth 1 or 2), Smith 2017 (triangles, halved,
        or shrinking by a factor a step).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from ratecraft.laws.rate_logs.rate_log import Kind, Match, RateLog, count_of, match
from ratecraft.laws.rate_logs.rise_and_fall import warm_up_guess
from ratecraft.laws.robust import Array
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.trees.nodes import Schedule

Wave: TypeAlias = Literal["restarts", "triangles", "halved", "shrinking", "waves"]
"""Cosines down; lines up and down, as high each time, half as high, lower by a factor a step; whole cosine waves."""

Rise: TypeAlias = Literal["none", "first-step-in", "from-zero", "unseen"]
"""No warm-up; as `rise_and_fall.Up`; the cycles begin at some step that the log does not show."""

_KINDS: Final[Mapping[Wave, Kind]] = {
    "restarts": "cosine-restarts",
    "triangles": "triangular",
    "halved": "triangular",
    "shrinking": "triangular",
    "waves": "cosine-waves",
}
_GROWTHS: Final = (1.0, 2.0, 1.5, 3.0)
_AT = 1e-9  # of a cycle: so near to its end the next one has begun
_MOST_UNSEEN = 12
_FEW = 3  # whole lengths that are each tried
_SUDDEN = 0.5  # of the height: a rise by that much between two points is a jump


@dataclass(frozen=True, slots=True)
class Cycling:
    """Cycles over a floor.

    Attributes:
        wave: What one cycle looks like.
        ends: Whether the floor lies above 0.
        growth: How many times as long each cycle is as the one before.
        rise: The warm-up before the first.
        decays: Whether each cycle is lower than the one before.
    """

    wave: Wave
    ends: bool
    growth: float = 1.0
    rise: Rise = "none"
    decays: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The lengths first."""
        names = ["warm_up"] if self.rise != "none" else []
        names += ["period"]
        names += ["factor"] if self.wave == "shrinking" else ["decay"] if self.decays else []
        return (*names, "peak", "end") if self.ends else (*names, "peak")

    def guesses(self, log: RateLog) -> Iterator[Sequence[float]]:
        """The cycles' length from where they turn."""
        top, low = float(log.rates.max()), float(log.rates[log.summit :].min())
        warm = _warm_guess(log, self.rise)
        guess = {"warm_up": warm, "peak": top, "end": low, "factor": 1.0, "decay": _decay_guess(log, low)}
        for period in _periods(log, self.wave, self.growth, warm):
            told = {**guess, "period": period}
            yield [told[name] for name in self.names]

    def rates(self, values: Mapping[str, float], steps: Array) -> Array:
        """The floor and what a cycle adds."""
        peak, end, warm = values["peak"], values.get("end", 0.0), values.get("warm_up", 0.0)
        share, cycle = self._places(values, steps - warm)
        match self.wave:
            case "restarts":
                height = (1 + np.cos(np.pi * share)) / 2 * values.get("decay", 1.0) ** cycle
            case "waves":
                height = (1 + np.cos(2 * np.pi * share)) / 2
            case "triangles" | "halved" | "shrinking":
                height = 1 - np.abs(2 * share - 1)
                height = height * (0.5**cycle if self.wave == "halved" else values.get("factor", 1.0) ** steps)
        cycles = end + (peak - end) * height
        if self.rise in ("none", "unseen"):
            return cycles
        share = np.minimum((steps + (self.rise == "first-step-in")) / warm, 1.0)
        return np.where(steps < warm, peak * share, cycles)

    def _places(self, values: Mapping[str, float], steps: Array) -> tuple[Array, Array]:
        """Share of its cycle that a step has gone, and which cycle it is in."""
        turns = np.maximum(steps, 0.0) / values["period"]
        if self.growth == 1:
            cycle = np.floor(turns + _AT)
            return np.maximum(turns - cycle, 0.0), cycle
        cycle = np.floor(np.log(turns * (self.growth - 1) + 1) / np.log(self.growth) + _AT)
        gone = (self.growth**cycle - 1) / (self.growth - 1)
        return np.clip((turns - gone) / self.growth**cycle, 0.0, 1.0), cycle

    def schedule(self, values: Mapping[str, float]) -> Schedule:
        """The cycle, repeated, lifted and scaled."""
        peak, period = values["peak"], values["period"]
        low = values.get("end", 0.0) / peak
        half = count_of(period / 2)
        match self.wave:
            case "restarts":
                waves = cosine(1, 0, count_of(period)).repeat(None, self.growth, values.get("decay", 1.0))
            case "waves":
                waves = cosine(1, 0, half, after="reflect")
            case "triangles" | "halved":
                triangle = linear(0, 1, half) >> linear(1, 0, half)
                waves = triangle.repeat(decay=0.5 if self.wave == "halved" else 1.0)
            case "shrinking":
                triangle = linear(0, 1, half) >> linear(1, 0, half)
                waves = triangle.repeat() * exponential(values["factor"])
        lifted = waves.affine(1 - low, low) if low else waves
        if self.rise == "none":
            return peak * lifted
        if self.rise == "unseen":
            before = values["warm_up"]
            late = constant(1, count_of(before)) >> lifted if before > 0 else lifted.shifted(count_of(-before))
            return peak * late
        start = None if self.rise == "first-step-in" else 0.0
        return peak * (warmup(count_of(values["warm_up"]), start=start) >> lifted)

    def named(self, values: Mapping[str, float], log: RateLog) -> tuple[Kind, Mapping[str, float | str]]:
        """By the wave."""
        told: dict[str, float | str] = {"end": 0.0, **values, "growth": self.growth}
        if self.rise == "unseen":
            told["warm_up"] = 0.0
        return _KINDS[self.wave], told


def cycles(log: RateLog) -> Match | None:
    """The cycles that explain a log; None where none do."""
    for ends in (False, True):
        for form in _forms(log, ends):
            found = match(form, log)
            if found is not None:
                return found
    return None


def _forms(log: RateLog, ends: bool) -> Iterator[Cycling]:
    if not _jumps(log):
        yield Cycling("waves", ends)
        yield Cycling("triangles", ends)
        yield Cycling("halved", ends)
        yield Cycling("shrinking", ends)
        return
    rises: tuple[Rise, ...] = (
        ("first-step-in", "from-zero") if log.summit and log.summit not in _jumps(log) else ("none",)
    )
    for decays in (False, True):
        for growth in _GROWTHS:
            for rise in rises:
                yield Cycling("restarts", ends, growth, rise, decays)
        if rises == ("none",) and len(_jumps(log)) > 1:
            yield Cycling("restarts", ends, 1.0, "unseen", decays)


def _warm_guess(log: RateLog, rise: Rise) -> float:
    """Where the first cycle begins: behind the rise, or at the last place that the log does not show."""
    if rise == "none":
        return 0.0
    if rise != "unseen":
        return warm_up_guess(log, log.summit, rise == "first-step-in")
    jumps = [float(log.steps[place]) for place in _jumps(log)]
    period = (jumps[-1] - jumps[0]) / (len(jumps) - 1)
    return jumps[0] - period * -(-(jumps[0] - log.first) // period)


def _jumps(log: RateLog) -> list[int]:
    """Places right behind a sudden rise."""
    height = float(log.rates.max() - log.rates.min())
    found: list[int] = []
    for before, low, high in zip((0, *log.turns), log.turns, log.turns[1:], strict=False):
        rise = log.rates[low : high + 1]
        whole = max(rise[-1] - rise[0], _SUDDEN * (log.rates[before] - log.rates[low]), 0.01 * height)
        steepest = int(np.diff(rise).argmax())
        if rise[steepest + 1] - rise[steepest] > _SUDDEN * whole and (low > 0 or high == 1):
            found.append(low + steepest + 1)
    return found


def _periods(log: RateLog, wave: Wave, growth: float, warm: float) -> Iterator[float]:
    """Lengths of the first cycle that put every turn where it was seen."""
    if wave != "restarts":
        turns = log.steps[list(log.turns[1:-1])]
        if len(turns) > 1:
            yield 2 * float(turns[-1] - turns[0]) / (len(turns) - 1)
            count = max(round(float(turns[-1] - turns[0]) / float(np.median(np.diff(turns)))), 1)
            yield 2 * float(turns[-1]) / (round(float(turns[0]) / (float(turns[-1] - turns[0]) / count)) + count)
        elif len(turns):
            yield 2 * float(turns[0])
        return
    gaps = [(float(log.steps[place - 1]) - warm, float(log.steps[place]) - warm) for place in _jumps(log)]
    spans = (
        np.arange(1, len(gaps) + _MOST_UNSEEN + 1)
        if growth == 1
        else (growth ** np.arange(1.0, len(gaps) + _MOST_UNSEEN + 1) - 1) / (growth - 1)
    )
    unseen = _MOST_UNSEEN if log.first > 0 and not warm else 1  # cycles before the log begins
    for missed in range(unseen):
        ends = spans[missed : missed + len(gaps)]
        low = max(before / float(end) for (before, _), end in zip(gaps, ends, strict=True))
        high = min(after / float(end) for (_, after), end in zip(gaps, ends, strict=True))
        if high > max(low, 0.0):
            whole = [float(count) for count in range(int(low) + 1, int(high) + 1)]
            yield from whole if 0 < len(whole) <= _FEW else [(low + high) / 2, high]


def _decay_guess(log: RateLog, low: float) -> float:
    """What the second height is of the first."""
    heights = [float(log.rates[place]) - low for place in (log.summit, *_jumps(log))]
    heights = [height for height in heights if height > 0]
    return (heights[-1] / heights[0]) ** (1 / (len(heights) - 1)) if len(heights) > 1 else 1.0
