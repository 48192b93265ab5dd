"""A schedule is an immutable tree with a value at every step from 0 on.

Path:   constructors, text or JSON -> a tree -> `bind` to a horizon -> values, curves, code.
Units:  steps are optimizer steps; values are rates, or factors of a rate, whichever the tree is built for.

`Seq` joins parts in time (`a >> b`), each on a clock of its own that starts at 0; `Mul` multiplies (`a * b`), `Min` and
`Max` choose, and `Affine` scales and lifts (`0.5 * a + 0.1`), all on one clock. `Repeat`, `Shift`, `Quantise` and
`Span` change the clock of one schedule. The other leaves are in `leaves`. After its end a tree holds the value that it
has reached.
"""

import math
import operator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from numbers import Real
from typing import ClassVar, cast, final

from ratecraft.schedules.lengths import Horizon, Length, finite_number, length_of, measure, written, written_length
from ratecraft.schedules.trees.combinations import Joined, Largest, Least
from ratecraft.schedules.trees.stepping import Stepper, product, scaled
from ratecraft.schedules.trees.time_transforms import Repeated, Shifted, Spanned, Stairs
from ratecraft.schedules.trees.tree import (
    Clock,
    Place,
    Tree,
    Values,
    check_children,
    enclosed,
    fit_each,
    flat,
    set_field,
)


class Schedule(Tree):
    """What every node is: a value at each step. Compared and hashed by its parts; `repr` is what builds it.

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, linear, warmup
        >>> schedule = 0.1 * (warmup(2) >> constant(1, 3) >> linear(1, 0, 2))
        >>> [schedule.at(step) for step in range(9)]
        [0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.0, 0.0]
        >>> schedule
        0.1 * (warmup(2) >> constant(1, 3) >> linear(1, 0, 2))
    """

    __slots__ = ()
    __array_ufunc__: ClassVar[None] = None  # a numpy number on the left leaves `*` and `+` to us

    def __rshift__(self, later: "Schedule") -> "Schedule":
        return Seq((self, later)) if isinstance(cast("object", later), Schedule) else NotImplemented

    def __mul__(self, other: "Schedule | float") -> "Schedule":
        if isinstance(other, Schedule):
            return Mul((self, other))
        return Affine(other, self) if _is_number(other) else NotImplemented

    def __rmul__(self, scale: float) -> "Schedule":
        return self * scale

    def __add__(self, shift: float) -> "Schedule":
        if not _is_number(shift):
            return NotImplemented
        if isinstance(self, Affine) and self.shift == 0:
            return Affine(self.scale, self.inner, shift)
        return Affine(1.0, self, shift)

    def __radd__(self, shift: float) -> "Schedule":
        return self + shift

    def __sub__(self, shift: float) -> "Schedule":
        return self + -shift if _is_number(shift) else NotImplemented

    def affine(self, scale: float, shift: float) -> "Schedule":
        """Scale · this + shift."""
        return Affine(scale, self, shift)

    def min(self, *others: "Schedule | float") -> "Schedule":
        """The least of this and others at each step."""
        return Min((self, *map(_as_schedule, others)))

    def max(self, *others: "Schedule | float") -> "Schedule":
        """The largest of this and others at each step."""
        return Max((self, *map(_as_schedule, others)))

    def between(self, low: float, high: float) -> "Schedule":
        """This, but never below `low` nor above `high`."""
        return self.max(low).min(high)

    def repeat(
        self,
        cycles: int | None = None,
        growth: float = 1.0,
        decay: float = 1.0,
        after: float | None = None,
        length: Length = None,
    ) -> "Schedule":
        """This again and again; see `Repeat`."""
        return Repeat(self, cycles, growth, decay, after, length)

    def shifted(self, by: Length) -> "Schedule":
        """This as it will be `by` steps later; with a negative number it waits at its first value; see `Shift`."""
        return Shift(self, by)

    def quantise(self, every: Length) -> "Schedule":
        """This in stairs of `every` steps; see `Quantise`."""
        return Quantise(self, every)

    def lasting(self, length: Length) -> "Schedule":
        """This for so long, whatever its own length; see `Span`."""
        return Span(self, length)


@final
@dataclass(frozen=True, slots=True, repr=False)
class Const(Schedule):
    """One value.

    Attributes:
        value: The value.
        length: Its length, if another part follows.
    """

    value: float
    length: Length = None

    def __post_init__(self) -> None:
        set_field(self, "value", finite_number("value", self.value))
        set_field(self, "length", length_of("length", self.length))

    @property
    def is_number(self) -> bool:
        """True if it has no length."""
        return self.length is None

    @property
    def needs_horizon(self) -> bool:
        """Only where its length is none in steps: without a length it lasts for ever."""
        return not isinstance(self.length, int | Fraction | None)

    def extent(self, horizon: Horizon) -> Fraction | None:
        """Its length in steps."""
        return measure(self.length, horizon)

    def fit(self, place: Place) -> Tree:
        """With its length in steps."""
        return replace(self, length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """The value."""
        return self.value

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function that knows it."""
        value = scale * self.value + shift
        return lambda step: value

    def values_at(self, steps: Clock) -> Values:
        """The value, many times."""
        import numpy as np

        return np.full(steps.shape, self.value)

    def __repr__(self) -> str:
        length = "" if self.length is None else f", {written_length(self.length)}"
        return f"constant({written(self.value)}{length})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Seq(Joined, Schedule):
    """Parts one after another, each on a clock of its own. A join of joins is one flat join."""

    infix: ClassVar[bool] = True

    parts: tuple[Schedule, ...]


@final
@dataclass(frozen=True, slots=True, repr=False)
class Mul(Schedule):
    """The product of schedules. A product of products is one flat product.

    Attributes:
        factors: At least two, multiplied from left to right.
    """

    infix: ClassVar[bool] = True

    factors: tuple[Schedule, ...]

    def __post_init__(self) -> None:
        set_field(self, "factors", flat(Mul, self.factors))

    @property
    def children(self) -> tuple[Tree, ...]:
        """The factors."""
        return self.factors

    def fit(self, place: Place) -> Tree:
        """Every factor for itself."""
        return replace(self, factors=fit_each(self, place))

    def value_at(self, step: float) -> float:
        """The product of the factors' values."""
        return math.prod(factor.value_at(step) for factor in self.factors)

    def compiled(self, scale: float, shift: float) -> Stepper:
        """The product of the factors' functions."""
        return scaled(product([factor.compiled(1.0, 0.0) for factor in self.factors]), scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """The products of the factors' values."""
        return reduce(operator.mul, (factor.values_at(steps) for factor in self.factors))

    def __repr__(self) -> str:
        first, *others = self.factors
        scaled = isinstance(first, Affine) and first.shift == 0  # `0.5 * a * b` is `(0.5 * a) * b`
        return " * ".join([repr(first) if scaled else enclosed(first), *map(enclosed, others)])


@final
@dataclass(frozen=True, slots=True, repr=False)
class Affine(Schedule):
    """scale · inner + shift.

    Attributes:
        scale: Multiplies every value.
        inner: The schedule.
        shift: Is added to every product.
    """

    infix: ClassVar[bool] = True

    scale: float
    inner: Schedule
    shift: float = 0.0

    def __post_init__(self) -> None:
        set_field(self, "scale", finite_number("scale", self.scale))
        set_field(self, "shift", finite_number("shift", self.shift))
        check_children((self.inner,))

    @property
    def children(self) -> tuple[Tree, ...]:
        """The inner schedule."""
        return (self.inner,)

    def fit(self, place: Place) -> Tree:
        """Around the fitted inner schedule."""
        return replace(self, inner=self.inner.fit(place))

    def value_at(self, step: float) -> float:
        """The inner value, scaled and lifted."""
        return self.scale * self.inner.value_at(step) + self.shift

    def compiled(self, scale: float, shift: float) -> Stepper:
        """The inner function with this scale; one around it is not a product of both, in the last bit."""
        return scaled(self.inner.compiled(self.scale, self.shift), scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """The inner values, scaled and lifted."""
        return self.scale * self.inner.values_at(steps) + self.shift

    def __repr__(self) -> str:
        scaled = f"{written(self.scale)} * {enclosed(self.inner)}"
        if self.shift == 0:
            return scaled
        if self.scale == 1 and not isinstance(self.inner, Affine):
            scaled = repr(self.inner) if isinstance(self.inner, Mul) else enclosed(self.inner)
        return f"{scaled} {'-' if self.shift < 0 else '+'} {written(abs(self.shift))}"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Min(Least, Schedule):
    """The least of schedules at each step."""

    parts: tuple[Schedule, ...]


@final
@dataclass(frozen=True, slots=True, repr=False)
class Max(Largest, Schedule):
    """The largest of schedules at each step."""

    parts: tuple[Schedule, ...]


@final
@dataclass(frozen=True, slots=True, repr=False)
class Repeat(Repeated, Schedule):
    """A schedule again and again."""

    inner: Schedule


@final
@dataclass(frozen=True, slots=True, repr=False)
class Shift(Shifted, Schedule):
    """A schedule as it will be some steps later."""

    inner: Schedule


@final
@dataclass(frozen=True, slots=True, repr=False)
class Quantise(Stairs, Schedule):
    """A schedule in stairs: every value is held for some steps."""

    inner: Schedule


@final
@dataclass(frozen=True, slots=True, repr=False)
class Span(Spanned, Schedule):
    """A schedule for so long, whatever its own length; then its value is held."""

    inner: Schedule


def _as_schedule(value: "Schedule | float") -> Schedule:
    return Const(cast("float", value)) if _is_number(value) else cast("Schedule", value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real)
