"""A rate as it was logged: some of its steps, rounded. And what a formula that explains it is.

Path:   steps and rates -> `RateLog` -> forms that are held against it -> `Match` -> `identify`.
Units:  steps of the run, absolute rates; a misfit is counted in halves of the last printed place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

import numpy as np

from ratecraft.errors import InvalidInput
from ratecraft.laws.least_squares import least_squares
from ratecraft.laws.robust import Array, Steps
from ratecraft.laws.rounding import rounding_of
from ratecraft.schedules.lengths import Steps as Count
from ratecraft.schedules.nodes import Schedule

__all__ = ["Form", "Kind", "Match", "RateLog", "count_of", "match"]

Kind: TypeAlias = Literal[
    "constant",
    "linear",
    "cosine",
    "1-sqrt",
    "polynomial",
    "exponential",
    "inverse-sqrt",
    "wsd",
    "one-cycle",
    "step",
    "multi-step",
    "stages",
    "cosine-restarts",
    "triangular",
    "cosine-waves",
]
"""What a schedule is called."""

_ARITHMETIC = 3e-7  # of the peak: what a schedule in float32 is wrong by
_ALLOWED = 1.5  # halves of the last place: a fit to rounded values is not quite the curve that was rounded
_POINTS = 400  # that are fitted; all of them are checked
_DIGITS = 9
_SPARE = 2  # points beyond the numbers of a form, without which it would fit anything


@dataclass(frozen=True, eq=False)
class RateLog:
    """A rate as it was logged.

    Attributes:
        steps: Shape (n,), rising.
        rates: Shape (n,), finite.
        slack: Shape (n,), how far each may be from the rate that was meant, > 0.
    """

    steps: Steps
    rates: Array
    slack: Array

    @classmethod
    def of(cls, steps: Steps, rates: Array) -> "RateLog":
        """With the slack that its digits tell."""
        return cls(steps, rates, np.maximum(rounding_of(rates), _ARITHMETIC * float(np.abs(rates).max()) or 1e-300))

    def __len__(self) -> int:
        return len(self.steps)

    def part(self, first: int, last: int | None = None) -> "RateLog":
        """The points between two places."""
        return RateLog(self.steps[first:last], self.rates[first:last], self.slack[first:last])

    def on(self, steps: Steps) -> "RateLog":
        """The same rates at other steps."""
        return RateLog(steps, self.rates, self.slack)

    @property
    def first(self) -> int:
        """First step."""
        return int(self.steps[0])

    @property
    def last(self) -> int:
        """Last step."""
        return int(self.steps[-1])

    @property
    def cadence(self) -> float:
        """Steps between two points."""
        return max(self.last - self.first, 1) / max(len(self) - 1, 1)

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """Places of its highs and lows, in turn, the first and the last point included."""
        turns, way, best = [0], 0, 0
        for place in range(1, len(self)):
            change = self.rates[place] - self.rates[best]
            certain = 2 * (self.slack[place] + self.slack[best])
            if way == 0:
                if abs(change) > certain:
                    way, best = (1 if change > 0 else -1), place
            elif change * way > 0:
                best = place
            elif -change * way > certain:
                turns.append(best)
                way, best = -way, place
        return (*turns, len(self) - 1)

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """First places of the runs of equal rates."""
        return (0, *(int(place) + 1 for place in np.flatnonzero(np.diff(self.rates))))

    @cached_property
    def thinned(self) -> "RateLog":
        """At most some hundred of its points, the turns among them."""
        if len(self) <= _POINTS:
            return self
        even = np.linspace(0, len(self) - 1, _POINTS).round().astype(np.int64)
        near = np.array([each + by for each in self.turns[:_POINTS] for by in (-1, 0, 1)])
        places = np.unique(np.concatenate([even, near[(near >= 0) & (near < len(self))]]))
        return RateLog(self.steps[places], self.rates[places], self.slack[places])

    def misfit(self, rates: Array) -> Array:
        """How far rates at its steps are from the logged ones, in units of the slack."""
        return (rates - self.rates) / self.slack


@dataclass(frozen=True, slots=True)
class Match:
    """A schedule that explains a log.

    Attributes:
        kind: What it is called.
        schedule: Over the steps of the run.
        parameters: Its numbers by name.
        worst: Largest misfit of a point.
        residual: Root mean square of the differences, as a share of the highest rate.
    """

    kind: Kind
    schedule: Schedule
    parameters: Mapping[str, float | str]
    worst: float
    residual: float


class Form(Protocol):
    """A formula with open numbers."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its numbers: first those that are rounded first."""
        ...

    def guesses(self, log: RateLog) -> Iterator[Sequence[float]]:
        """Where the search for its numbers begins."""
        ...

    def rates(self, values: Mapping[str, float], steps: Array) -> Array:
        """The curve."""
        ...

    def schedule(self, values: Mapping[str, float]) -> Schedule:
        """The same as a schedule.

        Raises:
            InvalidInput: The numbers make none.
        """
        ...

    def named(self, values: Mapping[str, float], log: RateLog) -> tuple[Kind, Mapping[str, float | str]]:
        """What it is called, and the numbers that are told."""
        ...


@dataclass(frozen=True)
class _Fitting:
    """A form against a log, with some of its numbers fixed."""

    form: Form
    log: RateLog
    steps: Array
    fixed: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(name for name in self.form.names if name not in self.fixed)

    def values(self, at: Array) -> dict[str, float]:
        return {**dict(zip(self.open, at.tolist(), strict=True)), **self.fixed}

    def residuals(self, at: Array) -> Array:
        with np.errstate(all="ignore"):
            misfit = self.log.misfit(self.form.rates(self.values(at), self.steps))
        return np.where(np.isfinite(misfit), misfit, 1e9)

    def found(self, guess: Sequence[float]) -> tuple[float, dict[str, float]]:
        """The worst misfit and the numbers of the best fit near a guess."""
        at = least_squares(self.residuals, guess) if self.open else np.zeros(0)
        return float(np.abs(self.residuals(at)).max()), self.values(at)


def match(form: Form, log: RateLog) -> Match | None:
    """The form with its numbers, each as round as the log allows; None where it does not explain the log."""
    if len(log) < len(form.names) + _SPARE:
        return None
    few = log.thinned
    fitting = _Fitting(form, few, few.steps.astype(np.float64))
    worst, values = min((fitting.found(guess) for guess in form.guesses(log)), key=lambda each: each[0])
    if worst > _ALLOWED:
        return None
    limit = max(worst, 1.0)
    for name in form.names:
        values = _rounder(fitting, values, name, limit)
        fitting = _Fitting(form, few, fitting.steps, {**fitting.fixed, name: values[name]})
    try:
        schedule = form.schedule(values)
        rates = schedule.values_at(log.steps)
    except InvalidInput:  # numbers that make no schedule
        return None
    worst = float(np.abs(log.misfit(rates)).max())
    if not worst <= _ALLOWED:
        return None
    kind, parameters = form.named(values, log)
    peak = float(np.abs(log.rates).max()) or 1.0
    return Match(kind, schedule, parameters, worst, float(np.sqrt(np.mean((rates - log.rates) ** 2))) / peak)


def _rounder(fitting: _Fitting, values: dict[str, float], name: str, limit: float) -> dict[str, float]:
    """The numbers with one of them rounded as far as the log allows, the open ones fitted anew."""
    for digits in range(1, _DIGITS):
        value = float(f"{values[name]:.{digits - 1}e}")
        fixed = _Fitting(fitting.form, fitting.log, fitting.steps, {**fitting.fixed, name: value})
        worst, found = fixed.found([values[other] for other in fixed.open])
        if worst <= limit:
            return found
    return values


def count_of(steps: float) -> Count:
    """A number of steps: whole where it is nearly so."""
    near = round(steps)
    return near if abs(steps - near) < 1e-6 else Fraction(steps).limit_denominator(1000)
