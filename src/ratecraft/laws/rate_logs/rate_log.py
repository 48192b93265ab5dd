"""A rate as it was logged: some of its steps, rounded. And what a formula that explains it is.

Path:   steps and rates -> `RateLog` -> forms that are held against it -> `Match` -> `identify`.
Units:  steps of the run, absolute rates; a misfit is counted in halves of the last printed place.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ratecraft.errors import InvalidInput
from ratecraft.laws.least_squares import least_squares
from ratecraft.laws.rate_logs.rounding import rounding_of
from ratecraft.laws.robust import Array, Steps
from ratecraft.schedules.lengths import Steps as Count
from ratecraft.schedules.trees.nodes import Schedule

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

LENGTHS: Final = frozenset({"warm_up", "begins", "until", "scale", "period", "offset"})
"""Numbers of a form that are steps."""

RATES: Final = frozenset({"peak", "end", "start"})
"""Numbers of a form that are rates."""

_ARITHMETIC = 3e-7  # of the peak: what a schedule in float32 is wrong by
_ALLOWED = 1.5  # halves of the last place: a fit to rounded values is not quite the curve that was rounded
_COARSE = (1e-2, 1e-4)  # of the peak: slack of a first search, and of a second
_HOPEFUL = 3.0  # misfit of a fit beside a jump or a steep beginning, which whole numbers of steps may mend
_NEAR = 5.0  # misfit from which on a search may yet arrive
_POINTS = 200  # that are fitted; all of them are checked
_GOLDEN = 0.6180339887498949
_TRIES, _MISSED = 4, 20
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

    @property
    def summit(self) -> int:
        """Place of the first high, where the log begins with a rise; else 0."""
        return self.turns[1] if self.rates[self.turns[1]] > self.rates[0] else 0

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """First places of the runs of equal rates."""
        return (0, *(int(place) + 1 for place in np.flatnonzero(np.diff(self.rates))))

    @cached_property
    def spread(self) -> Steps:
        """Some hundred of its places, the turns among them; evenly spread, but at no beat with the digits."""
        if len(self) <= _POINTS:
            return np.arange(len(self))
        spread = (_GOLDEN * np.arange(_POINTS) % 1 * len(self)).astype(np.int64)
        near = np.array([turn + by for turn in self.turns[:_POINTS] for by in (-1, 0, 1)])
        return np.unique(np.concatenate([spread, near[(near >= 0) & (near < len(self))]]))

    def at(self, places: Steps) -> "RateLog":
        """The log at some of its points."""
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
        """This form as a schedule.

        Raises:
            InvalidInput: The numbers make none.
        """
        ...

    def named(self, values: Mapping[str, float], log: RateLog) -> tuple[Kind, Mapping[str, float | str]]:
        """The name of the form and the numbers to report."""
        ...


@dataclass(frozen=True)
class _Fitting:
    """A form against a log, with some of its numbers fixed."""

    form: Form
    log: RateLog
    fixed: Mapping[str, float] = field(default_factory=dict[str, float])

    @cached_property
    def steps(self) -> Array:
        return self.log.steps.astype(np.float64)

    @cached_property
    def open(self) -> tuple[str, ...]:
        return tuple(name for name in self.form.names if name not in self.fixed)

    @cached_property
    def smooth(self) -> NDArray[np.bool_]:
        """All points but that where a warm-up meets what follows: a slope says nothing there."""
        kept = np.ones(len(self.log), dtype=np.bool_)
        kept[self.log.summit] = not self.log.summit
        return kept

    def values(self, at: Array) -> dict[str, float]:
        return {**dict(zip(self.open, at.tolist(), strict=True)), **self.fixed}

    def residuals(self, at: Array) -> Array:
        with np.errstate(all="ignore"):
            misfit = self.log.misfit(self.form.rates(self.values(at), self.steps))
        return np.where(np.isfinite(misfit), misfit, 1e9)

    @cached_property
    def sizes(self) -> list[float]:
        """The usual size of each open number."""
        of_rates = float(np.abs(self.log.rates).max()) or 1.0
        return [max(self.log.last, 1) if name in LENGTHS else of_rates if name in RATES else 1.0 for name in self.open]

    def found(self, guess: Sequence[float]) -> tuple[float, dict[str, float]]:
        """The worst misfit and the numbers of the best fit near a guess.

        Rounding errors of a straight line are anything but chance, so that squares alone may miss what is within all of
        them: where they do, high powers follow.
        """
        if not self.open:
            return float(np.abs(self.residuals(np.zeros(0))).max()), self.values(np.zeros(0))
        smooth = self.smooth
        at = least_squares(lambda here: self.residuals(here)[smooth], guess, self.sizes)
        worst = float(np.abs(self.residuals(at)).max())
        if 1 < worst < _NEAR:
            nearer = least_squares(lambda here: self.residuals(here)[smooth] ** 5, at.tolist(), self.sizes)
            return min(
                (worst, self.values(at)), (float(np.abs(self.residuals(nearer)).max()), self.values(nearer)), key=_first
            )
        return worst, self.values(at)

    def approached(self, guess: Sequence[float]) -> tuple[float, dict[str, float]]:
        """As `found`, from afar: held to small rates exactly from the start, the search is caught in a valley."""
        for coarse in _COARSE:
            slack = np.maximum(self.log.slack, coarse * float(np.abs(self.log.rates).max()))
            worst, values = _Fitting(self.form, RateLog(self.log.steps, self.log.rates, slack)).found(guess)
            if worst > _NEAR:
                return math.inf, values
            guess = list(values.values())
        return self.found(guess)


def _first(each: tuple[float, dict[str, float]]) -> float:
    return each[0]


def match(form: Form, log: RateLog) -> Match | None:
    """The form with its numbers, each as round as the log allows; None if it does not explain the log.

    Some of the points are fitted; where the result misses others by little, those are fitted as well.
    """
    if len(log) < len(form.names) + _SPARE:
        return None
    places = log.spread
    fitting = _Fitting(form, log.at(places))
    found = next((fitted for fitted in map(fitting.approached, form.guesses(log)) if fitted[0] <= _HOPEFUL), None)
    for _ in range(_TRIES):
        if found is None or found[0] > _HOPEFUL:
            return None
        values = _rounded(fitting, *found)
        try:
            result = checked(*form.named(values, log), form.schedule(values), log)
        except InvalidInput:  # numbers that make no schedule
            return None
        misfit = np.abs(log.misfit(form.rates(values, log.steps.astype(np.float64))))
        if result is not None or not float(misfit.max()) < _NEAR:
            return result
        places = np.union1d(places, np.argsort(misfit)[-_MISSED:])
        fitting = _Fitting(form, log.at(places))
        found = fitting.found([values[name] for name in form.names])
    return None


def checked(kind: Kind, told: Mapping[str, float | str], schedule: Schedule, log: RateLog) -> Match | None:
    """The match of a schedule with a log, where it explains every point."""
    rates = schedule.values_at(log.steps)
    worst = float(np.abs(log.misfit(rates)).max())
    if not worst <= _ALLOWED:
        return None
    peak = float(np.abs(log.rates).max()) or 1.0
    residual = float(np.sqrt(np.mean(((rates - log.rates) / peak) ** 2)))
    return Match(kind, schedule, {"warm_up": 0.0, **told}, worst, residual)


def _rounded(fitting: _Fitting, worst: float, values: dict[str, float]) -> dict[str, float]:
    """The numbers, one after the other rounded as far as the log allows, the open ones fitted again."""
    for name in fitting.form.names:
        for value, allowed in _candidates(name, values[name], min(max(worst, 1.0), _ALLOWED)):
            fixed = _Fitting(fitting.form, fitting.log, {**fitting.fixed, name: value})
            misfit, found = fixed.found([values[other] for other in fixed.open])
            if misfit <= allowed:
                values = found
                break
        fitting = _Fitting(fitting.form, fitting.log, {**fitting.fixed, name: values[name]})
    return values


def _candidates(name: str, value: float, limit: float) -> list[tuple[float, float]]:
    """Values near one, the roundest first, and the largest misfit at which each is taken.

    People lay out whole steps: only where none will do is a length a fraction.
    """
    rounded = [(float(f"{value:.{digits - 1}e}"), limit) for digits in range(1, _DIGITS)]
    if name not in LENGTHS:
        return rounded
    whole = [(number, allowed) for number, allowed in rounded if number == round(number)]
    near = round(value)
    return [*whole, *((float(at), _ALLOWED) for at in (near, near - 1, near + 1)), *rounded[len(whole) :]]


def count_of(steps: float) -> Count:
    """A number of steps: whole where it is nearly so."""
    near = round(steps)
    return near if abs(steps - near) < 1e-6 else Fraction(steps).limit_denominator(1000)
