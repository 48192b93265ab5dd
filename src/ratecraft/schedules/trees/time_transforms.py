"""Changes the clock of one schedule: repeats it, shifts it, holds it in stairs, or cuts it off.

Path:   a tree and how its time runs -> `nodes` makes schedules of them.
Units:  steps of the outer clock come in, steps of the inner one go to the tree. Where steps are cut into stairs or
        cycles the arithmetic is that of whole numbers.
"""

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import (
    MOST_STEPS,
    UNIT_HORIZON,
    Horizon,
    Length,
    Steps,
    exact_number,
    finite_number,
    length_of,
    measure,
    pace_of,
    plain_number,
    positive_number,
    raised,
    simplest,
    whole_number,
    written,
    written_length,
)
from ratecraft.schedules.trees.cycles import MOST_CYCLES, Cycles, total_length
from ratecraft.schedules.trees.stepping import Stepper, cycles, scaled, stairs
from ratecraft.schedules.trees.tree import Clock, Place, Tree, Values, check_children, enclosed, set_field


@dataclass(frozen=True, slots=True, repr=False)
class Repeated(Tree):
    """A schedule again and again.

    Attributes:
        inner: One cycle.
        cycles: Number of cycles; without one, there is no end.
        growth: Factor on the length from one cycle to the next; 1 or more.
        decay: What the values of each cycle are those of the one before times.
        after: The value after the last cycle; without one, the last cycle's end is held.
        length: How long it lasts where it has no last cycle; without one to the horizon.
        limit: The length as a plain number, infinite if there is none or it isn't known yet.
        clock: Where each cycle begins; None if a horizon is needed to know it, or a cycle has no steps.
    """

    inner: Tree
    cycles: int | None = None
    growth: float = 1.0
    decay: float = 1.0
    after: float | None = None
    length: Length = None
    limit: float = field(init=False, compare=False)
    clock: Cycles | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        check_children((self.inner,))
        set_field(self, "growth", positive_number("growth", self.growth))
        set_field(self, "decay", positive_number("decay", self.decay))
        if not 1 <= self.growth <= MOST_CYCLES:
            raise InvalidInput("schedule-range", name="growth", given=self.growth, low=1, high=MOST_CYCLES)
        if self.cycles is not None:
            most = MOST_STEPS if self.growth == 1 else MOST_CYCLES
            set_field(self, "cycles", whole_number("cycles", self.cycles, least=1, most=most))
        if self.after is not None:
            set_field(self, "after", finite_number("after", self.after))
        set_field(self, "length", length_of("length", self.length))
        known = isinstance(self.length, int | Fraction)
        set_field(self, "limit", plain_number(cast("Steps", self.length)) if known else math.inf)
        length = None if self.inner.needs_horizon else self.inner.extent(UNIT_HORIZON)
        clock = Cycles(simplest(length), Fraction(repr(self.growth)), self.cycles) if length else None
        set_field(self, "clock", clock)

    @property
    def children(self) -> tuple[Tree, ...]:
        """One cycle."""
        return (self.inner,)

    @property
    def needs_horizon(self) -> bool:
        """If the cycle does, or takes the rest, or the length is none in steps."""
        if self.length is not None and not isinstance(self.length, int | Fraction):
            return True
        return self.inner.needs_horizon or self.inner.takes_rest

    def extent(self, horizon: Horizon) -> Fraction | None:
        """The own length, or the sum over the cycles; None if there is no end."""
        if self.length is not None:
            return measure(self.length, horizon)
        length = self.inner.extent(horizon)
        return None if length is None or self.cycles is None else self._all_cycles(length)

    def fit(self, place: Place) -> Tree:
        """With a cycle in steps; without an end, until the end of the place."""
        length = self.inner.extent(place.horizon)
        if length is None:
            length = (place.end - place.start) / self._all_cycles(Fraction(1))
        cycle = Place(place.horizon, Fraction(), length, Fraction(), whole=False)
        endless = self.cycles is None or self.length is not None
        return replace(self, inner=self.inner.fit(cycle), length=place.steps_of(self.length) if endless else None)

    def value_at(self, step: float) -> float:
        """The value of the current cycle at its own step."""
        if self.clock is None or step >= self.limit:
            return self.held
        cycle, local = self.clock.place(step)
        if self.cycles is not None and cycle >= self.cycles:
            return self.held
        return raised(self.decay, cycle) * self.inner.value_at(local)

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function that needs no search where all cycles have one whole number of steps."""
        if self.growth != 1 or self.clock is None or self.clock.length.denominator != 1:
            return scaled(self.value_at, scale, shift)
        length = self.clock.length.numerator
        end = self.limit if self.cycles is None else min(self.limit, self.cycles * length)
        return cycles(self.inner.compiled(1.0, 0.0), length, end, self.held, self.decay, scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """The values of the cycles at their own steps."""
        import numpy as np

        if self.clock is None:
            return np.full(steps.shape, self.held)
        cycles, local = self.clock.places(steps)
        length = self.clock.length
        if self.growth == 1 and isinstance(length, int) and length <= steps.size and local.dtype == np.int64:
            values = self.inner.values_at(np.arange(length))[local]  # one cycle, read again and again
        else:
            values = self.inner.values_at(local)
        if self.decay != 1 and steps.size:
            met, which = np.unique(cycles, return_inverse=True)
            values = (self.decay ** met.astype(np.float64))[which] * values
        over = np.zeros(steps.shape, np.bool_) if self.cycles is None else cycles >= self.cycles
        if self.limit != math.inf:
            over |= steps >= self.limit
        return np.where(over, self.held, values) if over.any() else values

    def _all_cycles(self, length: Fraction) -> Fraction:
        return total_length(length, Fraction(repr(self.growth)), self.cycles or 1)

    @property
    def held(self) -> float:
        """The value that is held after the end: that of the end of the last cycle, not of the beginning of one more."""
        cycles, place = self.cycles, None
        if self.clock is not None and self.limit != math.inf:
            cycle, local = self.clock.place(self.limit)
            cycles, place = (cycle, None) if local == 0 and cycle else (cycle + 1, local)
            if self.cycles is not None and cycles > self.cycles:
                cycles, place = self.cycles, None
        if self.after is not None and cycles == self.cycles and place is None:
            return self.after
        if place is None:
            place = plain_number(simplest(self.inner.extent(UNIT_HORIZON) or Fraction()))
        return raised(self.decay, (cycles or 1) - 1) * self.inner.value_at(place)

    def __repr__(self) -> str:
        given = [] if self.cycles is None else [str(self.cycles)]
        for name, usual in (("growth", 1.0), ("decay", 1.0), ("after", None)):
            value = getattr(self, name)
            given += [] if value == usual else [f"{name}={written(value)}"]
        given += [] if self.length is None else [f"length={written_length(self.length)}"]
        return f"{enclosed(self.inner)}.repeat({', '.join(given)})"


@dataclass(frozen=True, slots=True, repr=False)
class Shifted(Tree):
    """A schedule as it will be some steps later: its value at step + by.

    Attributes:
        inner: The schedule.
        by: Steps that are skipped, or a share of the horizon; a negative number of steps waits at the first value.
    """

    inner: Tree
    by: Length

    def __post_init__(self) -> None:
        check_children((self.inner,))
        negative = isinstance(self.by, int | Fraction) and self.by < 0
        set_field(self, "by", exact_number("by", self.by) if negative else pace_of("by", self.by, least=0))

    @property
    def children(self) -> tuple[Tree, ...]:
        """The schedule."""
        return (self.inner,)

    @property
    def needs_horizon(self) -> bool:
        """If the schedule does, or its shift."""
        return self.inner.needs_horizon or not isinstance(self.by, int | Fraction)

    def extent(self, horizon: Horizon) -> Fraction | None:
        """What the shift leaves."""
        extent, by = self.inner.extent(horizon), measure(self.by, horizon) or Fraction()
        return None if extent is None else max(extent - by, Fraction())

    def fit(self, place: Place) -> Tree:
        """Around the schedule, which begins earlier."""
        by = place.pace_of(self.by, least=0)
        earlier = place.within(place.start - by, place.end, place.first - by)
        return replace(self, inner=self.inner.fit(earlier), by=by)

    def value_at(self, step: float) -> float:
        """The inner value at the shifted step."""
        return self.inner.value_at(max(step + plain_number(cast("Steps", self.by)), 0))

    def values_at(self, steps: Clock) -> Values:
        """The inner values at the shifted steps."""
        return self.inner.values_at((steps + plain_number(cast("Steps", self.by))).clip(0))

    def __repr__(self) -> str:
        return f"{enclosed(self.inner)}.shifted({written_length(self.by)})"


@dataclass(frozen=True, slots=True, repr=False)
class Stairs(Tree):
    """A schedule in stairs: every value is held for some steps.

    Attributes:
        inner: The schedule.
        every: Steps of a stair; more than 0.
        end: Steps after which the value is held, like that of any schedule; infinite if there is no end.
    """

    inner: Tree
    every: Length
    end: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        check_children((self.inner,))
        set_field(self, "every", pace_of("every", self.every))
        extent = None if self.inner.needs_horizon else self.inner.extent(UNIT_HORIZON)
        set_field(self, "end", math.inf if extent is None else plain_number(simplest(extent)))

    @property
    def children(self) -> tuple[Tree, ...]:
        """The schedule."""
        return (self.inner,)

    @property
    def needs_horizon(self) -> bool:
        """If the schedule does, or its stairs."""
        return self.inner.needs_horizon or not isinstance(self.every, int | Fraction)

    def fit(self, place: Place) -> Tree:
        """Around the fitted schedule."""
        return replace(self, inner=self.inner.fit(place), every=place.pace_of(self.every))

    def value_at(self, step: float) -> float:
        """The value at the first step of the current stair."""
        every = cast("Steps", self.every)
        stair = min(step, self.end) * every.denominator // every.numerator
        first = stair * every.numerator  # a whole step stays one: cycles of a fine length are placed exactly by it
        return self.inner.value_at(first if every.denominator == 1 else first / every.denominator)

    def compiled(self, scale: float, shift: float) -> Stepper:
        """The inner function, in stairs, if a stair is a whole number of steps."""
        every = cast("Steps", self.every)
        if every.denominator != 1:
            return scaled(self.value_at, scale, shift)
        return stairs(self.inner.compiled(scale, shift), every.numerator, self.end)

    def values_at(self, steps: Clock) -> Values:
        """The values at the first step of each stair."""
        every = cast("Steps", self.every)
        held = steps if self.end == math.inf else steps.clip(None, self.end)
        first = Cycles(every, Fraction(1), None).places(held)[0] * every.numerator
        return self.inner.values_at(first if every.denominator == 1 else first / every.denominator)

    def __repr__(self) -> str:
        return f"{enclosed(self.inner)}.quantise({written_length(self.every)})"


@dataclass(frozen=True, slots=True, repr=False)
class Spanned(Tree):
    """A schedule for so long, whatever its own length; then its value is held.

    Attributes:
        inner: The schedule.
        length: How long it lasts.
    """

    inner: Tree
    length: Length

    def __post_init__(self) -> None:
        check_children((self.inner,))
        set_field(self, "length", length_of("length", self.length))

    @property
    def children(self) -> tuple[Tree, ...]:
        """The schedule."""
        return (self.inner,)

    @property
    def needs_horizon(self) -> bool:
        """If the schedule does, or its length."""
        return self.inner.needs_horizon or not isinstance(self.length, int | Fraction)

    def extent(self, horizon: Horizon) -> Fraction | None:
        """The length in steps."""
        return measure(self.length, horizon)

    def fit(self, place: Place) -> Tree:
        """With its length in steps, around the schedule, which may be longer: what lies beyond is cut off."""
        extent = self.inner.extent(place.horizon)
        room = place.end if extent is None else max(place.end, place.start + extent)
        inner = self.inner.fit(replace(place, end=room, cut=True))
        return replace(self, inner=inner, length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """The schedule's, and after the length the one there."""
        return self.inner.value_at(min(step, plain_number(cast("Steps", self.length))))

    def values_at(self, steps: Clock) -> Values:
        """The schedule's, and after the length the one there."""
        return self.inner.values_at(steps.clip(None, plain_number(cast("Steps", self.length))))

    def __repr__(self) -> str:
        return f"{enclosed(self.inner)}.lasting({written_length(self.length)})"
