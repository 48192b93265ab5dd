"""A rate that goes up at most once and then down: warm-ups, holds, and every usual way down, as one form.

Path:   a log -> forms, the plain ones first -> `match` -> `identify`.
Units:  steps of the run, absolute rates.

A curve is the lower one of its way up, which stays at the peak, and its way down, which begins there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, TypeAlias

import numpy as np

from ratecraft.laws.rate_logs.rate_log import Form, Kind, Match, RateLog, count_of, match
from ratecraft.laws.robust import Array
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, polynomial, power, warmup
from ratecraft.schedules.trees.nodes import Schedule, Seq

Up: TypeAlias = Literal["none", "first-step-in", "from-zero", "line", "cosine"]
"""No warm-up; its first step is one step in; its first step is at 0; a line, half a cosine wave from a given rate."""

Fall: TypeAlias = Literal["constant", "linear", "cosine", "1-sqrt", "polynomial", "exponential", "inverse-sqrt"]

_UPS: Final[tuple[Up, ...]] = ("first-step-in", "from-zero", "line", "cosine")
_WAYS: Final[tuple[Fall, ...]] = ("linear", "cosine", "1-sqrt", "polynomial")
_LATE = 0.98  # of the peak: what lies below belongs to the warm-up


@dataclass(frozen=True, slots=True)
class RiseAndFall:
    """Up, hold, down.

    Attributes:
        up: How it goes up.
        fall: How it goes down.
        holds: Whether the way down begins at a step of its own; else where the warm-up ends, or at step 0.
        ends: Whether the way down ends above 0.
    """

    up: Up
    fall: Fall
    holds: bool = False
    ends: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The lengths first."""
        names = ["warm_up"] if self.up != "none" else []
        names += ["begins"] if self.holds else []
        names += ["until"] if self.fall in _WAYS else []
        names += {"polynomial": ["power"], "exponential": ["factor"]}.get(self.fall, [])
        names += ["scale"] if self._has_scale else []
        names += ["peak"]
        names += ["end"] if self.ends else []
        return (*names, "start") if self.up in ("line", "cosine") else tuple(names)

    @property
    def _has_scale(self) -> bool:
        return self.fall == "inverse-sqrt" and self.up == "none" and not self.holds

    def guesses(self, log: RateLog) -> Iterator[Sequence[float]]:
        """Starting points at every corner of the usual range."""
        top = float(log.rates.max())
        summit = log.summit
        floor = int((np.abs(log.rates - log.rates[-1]) <= 2 * log.slack + 2 * log.slack[-1]).argmax())
        late = float(log.steps[floor]) if floor < len(log) - 2 else log.last + log.cadence
        high = np.flatnonzero(log.rates >= _LATE * top)
        guess = {
            "warm_up": warm_up_guess(log, summit, self.up == "first-step-in"),
            "peak": top,
            "end": float(log.rates[-1]),
            "power": 1.5,
            "start": float(log.rates[0]),
            "scale": max(log.last / 10, 1.0),
            "factor": _factor_guess(log, summit),
        }
        for begins in (float(log.steps[high[-1]]), 0.0) if self.holds else (0.0,):
            for until in (late, 2.0 * log.last) if self.fall in _WAYS else (0.0,):
                told = {**guess, "begins": begins, "until": until}
                yield [told[name] for name in self.names]

    def rates(self, values: Mapping[str, float], steps: Array) -> Array:
        """The lower one of up and down."""
        down = self._down(values, steps)
        if self.up == "none":
            return down
        length, start, peak = values["warm_up"], values.get("start", 0.0), values["peak"]
        share = np.clip((steps + (self.up == "first-step-in")) / length, 0.0, 1.0)
        if self.up == "cosine":
            share = (1 - np.cos(np.pi * share)) / 2
        return np.minimum(start + (peak - start) * share, down)

    def _down(self, values: Mapping[str, float], steps: Array) -> Array:
        peak, end = values["peak"], values.get("end", 0.0)
        gone = np.maximum(steps - self._begins(values), 0.0)
        if self.fall == "constant":
            return np.full(len(steps), peak)
        if self.fall == "exponential":
            return peak * values["factor"] ** gone
        if self.fall == "inverse-sqrt":
            return peak / np.sqrt(1 + gone / self._scale(values))
        done = np.clip(gone / (values["until"] - self._begins(values)), 0.0, 1.0)
        match self.fall:
            case "linear":
                left = 1 - done
            case "cosine":
                left = (1 + np.cos(np.pi * done)) / 2
            case "1-sqrt":
                left = 1 - np.sqrt(done)
            case "polynomial":
                left = (1 - done) ** values["power"]
        return end + (peak - end) * left

    def _begins(self, values: Mapping[str, float]) -> float:
        return values.get("begins", values.get("warm_up", 0.0))

    def _scale(self, values: Mapping[str, float]) -> float:
        return values["scale"] if self._has_scale else self._begins(values)

    def schedule(self, values: Mapping[str, float]) -> Schedule:
        """The parts in their order, times the peak."""
        peak, begins = values["peak"], self._begins(values)
        parts: list[Schedule] = []
        if self.up != "none":
            length, start = count_of(values["warm_up"]), values.get("start", 0.0) / peak
            parts.append(
                cosine(start, 1, length)
                if self.up == "cosine"
                else warmup(length, start=None if self.up == "first-step-in" else start)
            )
        held = begins - values.get("warm_up", 0.0)
        if held > 0 and self.fall != "constant":
            parts.append(constant(1, count_of(held)))
        way = self._way(values)
        if not parts:
            return constant(peak) if self.fall == "constant" else peak * way
        return peak * Seq((*parts, way))

    def _way(self, values: Mapping[str, float]) -> Schedule:
        """The way down, on a clock that starts where it begins, but no later than the run's own."""
        if self.fall == "constant":
            return constant(1)
        if self.fall == "exponential":
            return exponential(values["factor"])
        if self.fall == "inverse-sqrt":
            scale = count_of(self._scale(values))
            return power(-0.5, scale, scale)
        begins, end = self._begins(values), values.get("end", 0.0) / values["peak"]
        length = count_of(values["until"] - max(begins, 0.0))
        before = count_of(max(-begins, 0.0))
        match self.fall:
            case "linear":
                return linear(1, end, length, offset=before, inset=-before)
            case "cosine":
                return cosine(1, end, length, offset=before, inset=-before)
            case _:
                bend, exponent = (0.5, 1.0) if self.fall == "1-sqrt" else (1.0, values["power"])
                return polynomial(1, end, length, power=exponent, bend=bend, offset=before, inset=-before)

    def named(self, values: Mapping[str, float], log: RateLog) -> tuple[Kind, Mapping[str, float | str]]:
        """By its way down, but where the hold before it was seen, or two ways make one cycle."""
        told: dict[str, float | str] = {"peak": values["peak"], "warm_up": values.get("warm_up", 0.0)}
        told |= {name: values[name] for name in ("start", "until", "power", "factor", "scale") if name in values}
        if self.fall in _WAYS:
            told["end"] = values.get("end", 0.0)
        begins = self._begins(values)
        seen = begins - max(values.get("warm_up", 0.0), log.first)
        if self.holds and self.fall != "constant" and seen > max(2.0, log.cadence):
            return "wsd", {**told, "begins": begins, "shape": self.fall}
        if (self.up, self.fall) in (("cosine", "cosine"), ("line", "linear")) and told.get("start"):
            return "one-cycle", {**told, "shape": self.fall}
        return self.fall, told


def rise_and_fall(log: RateLog) -> Match | None:
    """The plainest form that explains the log; among those with as many numbers the nearest."""
    forms = sorted(_forms(log), key=lambda form: len(form.names))
    for _, alike in groupby(forms, key=lambda form: len(form.names)):
        found = [candidate for candidate in (match(form, log) for form in alike) if candidate is not None]
        if found:
            return min(found, key=lambda match: match.residual)
    return None


def _forms(log: RateLog) -> Iterator[Form]:
    for up in _ups(log):
        yield RiseAndFall(up, "constant")
        for holds in (False, True):
            for fall in _WAYS:
                yield RiseAndFall(up, fall, holds)
                yield RiseAndFall(up, fall, holds, ends=True)
            yield RiseAndFall(up, "exponential", holds)
            yield RiseAndFall(up, "inverse-sqrt", holds)


def _ups(log: RateLog) -> tuple[Up, ...]:
    """The ways up that explain the beginning alone."""
    summit = log.summit
    if not summit:
        return ("none",)
    early = int((log.rates[: summit + 1] >= _LATE * log.rates[summit]).argmax())
    if early < 4:
        return _UPS
    if not log.rates[:early].any():
        return ()  # it stood at 0 and leapt: no way up, and no peak to divide by
    return tuple(up for up in _UPS if match(RiseAndFall(up, "constant"), log.part(0, early)) is not None)


def warm_up_guess(log: RateLog, summit: int, is_one_in: bool) -> float:
    """Where a line through the rise reaches the peak."""
    rising = log.part(0, summit + 1)
    rising = rising.part(0, max(int((rising.rates >= _LATE * rising.rates[-1]).argmax()), 1))
    steps = rising.steps + float(is_one_in)
    if len(rising) > 1 and rising.rates[-1] > rising.rates[0]:
        slope = (rising.rates[-1] - rising.rates[0]) / (steps[-1] - steps[0])
        return float(max(steps[0] + (log.rates.max() - rising.rates[0]) / slope, 1.0))
    if rising.rates[0] > 0 and steps[0] > 0:
        return float(steps[0] * log.rates.max() / rising.rates[0])
    return float(max(log.steps[summit], 1))


def _factor_guess(log: RateLog, summit: int) -> float:
    low = log.rates[-1] / log.rates[summit]
    return float(max(low, 1e-12) ** (1 / max(log.last - int(log.steps[summit]), 1)))
