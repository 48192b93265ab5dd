"""A schedule is an immutable tree that has a value at every step from 0 on.

Path:   constructors, text or JSON -> a tree -> `bind` to a horizon -> values, curves, code.
Units:  steps are optimizer steps; values are rates, or factors of a rate, as whoever builds the tree means them.

`Seq` joins parts in time (`a >> b`), each on a clock of its own that starts at 0; `Mul` multiplies (`a * b`) and
`Affine` scales and lifts (`0.5 * a + 0.1`), all on one clock. The leaves are in `leaves`. After its end a tree holds
the value that it has reached there.
"""

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from numbers import Real
from typing import TYPE_CHECKING, ClassVar, Final, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import finite_number, shown, whole_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DEEPEST", "Affine", "Mul", "Schedule", "Seq", "set_field", "written"]

DEEPEST: Final = 64
"""Most levels of a tree, so that walking it can't exhaust the stack. Joins and products are one level, however long."""

set_field = object.__setattr__
"""Sets a field of a frozen node: only in its `__post_init__`, to store the checked value."""


class Schedule(ABC):
    """What every node is: a value at each step. Compared and hashed by its parts; `repr` is what builds it.

    Example:
        >>> from ratecraft.schedules.constructors import constant, linear, warmup
        >>> schedule = 0.1 * (warmup(2) >> constant(1, 3) >> linear(1, 0, 2))
        >>> [schedule.at(step) for step in range(9)]
        [0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.0, 0.0]
        >>> schedule
        0.1 * (warmup(2) >> constant(1, 3) >> linear(1, 0, 2))
    """

    __slots__ = ()
    __array_ufunc__: ClassVar[None] = None  # a numpy number on the left leaves `*` and `+` to us

    @final
    def at(self, step: int) -> float:
        """The value at a step; after the end, the end is held.

        Raises:
            InvalidInput: A negative step; a tree that isn't bound to a horizon and needs one; a value beyond the range
                of a float64.
        """
        checked = whole_number("step", step)
        if self.needs_horizon:
            raise InvalidInput("schedule-unbound", schedule=repr(self))
        value = self.value_at(checked)
        if not math.isfinite(value):
            raise InvalidInput("schedule-overflow", schedule=repr(self), step=checked)
        return value

    @final
    def curve(self, steps: int, first: int = 0) -> "NDArray[np.float64]":
        """The values at `steps` steps from `first` on, each equal to `at` to the last bit.

        Raises:
            InvalidInput: As `at`.

        Example:
            >>> from ratecraft.schedules.constructors import linear
            >>> linear(1, 0, 4).curve(3, first=2).tolist()
            [0.5, 0.25, 0.0]
        """
        import numpy as np

        steps, first = whole_number("steps", steps), whole_number("first", first)
        if self.needs_horizon:
            raise InvalidInput("schedule-unbound", schedule=repr(self))
        with np.errstate(all="ignore"):
            values = self.values_at(np.arange(first, first + steps, dtype=np.int64))
        finite = np.isfinite(values)
        if not finite.all():
            raise InvalidInput("schedule-overflow", schedule=repr(self), step=first + int(finite.argmin()))
        return values

    @property
    def children(self) -> "tuple[Schedule, ...]":
        """The schedules that this one is made of."""
        return ()

    @property
    @abstractmethod
    def needs_horizon(self) -> bool:
        """Whether it has values only once `bind` has given it a horizon."""

    @abstractmethod
    def extent(self, horizon: int) -> Fraction | None:
        """How many steps it lasts in a run of `horizon` steps, not yet rounded; None: as long as there is time."""

    @abstractmethod
    def value_at(self, step: int) -> float:
        """What `at` reads, without its checks."""

    @abstractmethod
    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """What `curve` reads, without its checks; `steps` rise."""

    def __rshift__(self, later: "Schedule") -> "Schedule":
        return Seq((self, later)) if _is_schedule(later) else NotImplemented

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


@final
@dataclass(frozen=True, slots=True, repr=False)
class Seq(Schedule):
    """Parts one after another. A join of joins is one flat join.

    Attributes:
        parts: At least two; at most one of them takes the rest of the time.
        starts: First step of each part; empty where a horizon is needed to know it.
    """

    parts: tuple[Schedule, ...]
    starts: tuple[int, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        set_field(self, "parts", _flat(Seq, self.parts))
        extents = [part.extent(0) for part in self.parts]
        if extents.count(None) > 1:
            first, second, *_ = (part for part, extent in zip(self.parts, extents, strict=True) if extent is None)
            raise InvalidInput("schedule-two-rests", first=repr(first), second=repr(second))
        known = None not in extents[:-1] and not any(part.needs_horizon for part in self.parts)
        starts = accumulate((int(extent or 0) for extent in extents[:-1]), initial=0)
        set_field(self, "starts", tuple(starts) if known else ())

    @property
    def children(self) -> tuple[Schedule, ...]:
        """The parts."""
        return self.parts

    @property
    def needs_horizon(self) -> bool:
        """Unless no part needs one and every part but the last has a length."""
        return not self.starts

    def extent(self, horizon: int) -> Fraction | None:
        """The sum over the parts; None where one of them takes the rest."""
        extents = [part.extent(horizon) for part in self.parts]
        return None if None in extents else sum((extent or Fraction() for extent in extents), Fraction())

    def value_at(self, step: int) -> float:
        """That of the part whose time it is, on the part's own clock."""
        index = bisect_right(self.starts, step) - 1
        return self.parts[index].value_at(step - self.starts[index])

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """Those of each part for its stretch of the steps."""
        import numpy as np

        values = np.empty(steps.shape)
        edges = [*np.searchsorted(steps, self.starts).tolist(), steps.size]
        for part, start, (low, high) in zip(self.parts, self.starts, pairwise(edges), strict=True):
            values[low:high] = part.values_at(steps[low:high] - start)
        return values

    def __repr__(self) -> str:
        return " >> ".join(map(repr, self.parts))


@final
@dataclass(frozen=True, slots=True, repr=False)
class Mul(Schedule):
    """The product of schedules. A product of products is one flat product.

    Attributes:
        factors: At least two, multiplied from left to right.
    """

    factors: tuple[Schedule, ...]

    def __post_init__(self) -> None:
        set_field(self, "factors", _flat(Mul, self.factors))

    @property
    def children(self) -> tuple[Schedule, ...]:
        """The factors."""
        return self.factors

    @property
    def needs_horizon(self) -> bool:
        """If a factor does."""
        return any(factor.needs_horizon for factor in self.factors)

    def extent(self, horizon: int) -> Fraction | None:
        """That of the longest factor; None where one of them takes the rest."""
        extents = [factor.extent(horizon) for factor in self.factors]
        return None if None in extents else max(extent or Fraction() for extent in extents)

    def value_at(self, step: int) -> float:
        """The product of the factors' values."""
        return math.prod(factor.value_at(step) for factor in self.factors)

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """The products of the factors' values."""
        product = self.factors[0].values_at(steps)
        for factor in self.factors[1:]:
            product = product * factor.values_at(steps)
        return product

    def __repr__(self) -> str:
        first, *others = self.factors
        scaled = isinstance(first, Affine) and first.shift == 0  # `0.5 * a * b` is `(0.5 * a) * b`
        return " * ".join([repr(first) if scaled else _enclosed(first), *map(_enclosed, others)])


@final
@dataclass(frozen=True, slots=True, repr=False)
class Affine(Schedule):
    """scale · inner + shift.

    Attributes:
        scale: Multiplies every value.
        inner: The schedule.
        shift: Is added to every product.
    """

    scale: float
    inner: Schedule
    shift: float = 0.0

    def __post_init__(self) -> None:
        set_field(self, "scale", finite_number("scale", self.scale))
        set_field(self, "shift", finite_number("shift", self.shift))
        _check_children((self.inner,))

    @property
    def children(self) -> tuple[Schedule, ...]:
        """The inner schedule."""
        return (self.inner,)

    @property
    def needs_horizon(self) -> bool:
        """If the inner schedule does."""
        return self.inner.needs_horizon

    def extent(self, horizon: int) -> Fraction | None:
        """That of the inner schedule."""
        return self.inner.extent(horizon)

    def value_at(self, step: int) -> float:
        """The inner value, scaled and lifted."""
        return self.scale * self.inner.value_at(step) + self.shift

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """The inner values, scaled and lifted."""
        return self.scale * self.inner.values_at(steps) + self.shift

    def __repr__(self) -> str:
        scaled = f"{written(self.scale)} * {_enclosed(self.inner)}"
        if self.shift == 0:
            return scaled
        if self.scale == 1 and not isinstance(self.inner, Affine):
            scaled = repr(self.inner) if isinstance(self.inner, Mul) else _enclosed(self.inner)
        return f"{scaled} {'-' if self.shift < 0 else '+'} {written(abs(self.shift))}"


def written(number: float) -> str:
    """The shortest text that reads as exactly this number.

    Example:
        >>> written(1.0), written(0.05), written(1e-05)
        ('1', '0.05', '1e-05')
    """
    return repr(number).removesuffix(".0")


def _enclosed(node: Schedule) -> str:
    return f"({node!r})" if node.children else repr(node)


def _flat(kind: type[Seq | Mul], children: tuple[Schedule, ...]) -> tuple[Schedule, ...]:
    """The children, with those of the same kind replaced by their own children."""
    if not isinstance(cast("object", children), tuple):
        raise InvalidInput("schedule-part", given=shown(children))
    flat = tuple(each for child in children for each in (child.children if isinstance(child, kind) else (child,)))
    if len(flat) < 2:
        raise InvalidInput("schedule-too-few-parts", given=len(flat))
    _check_children(flat)
    return flat


def _check_children(children: tuple[Schedule, ...]) -> None:
    for child in children:
        if not _is_schedule(child):
            raise InvalidInput("schedule-part", given=shown(child))
    if max(map(_depth, children)) >= DEEPEST:
        raise InvalidInput("schedule-depth", most=DEEPEST)


def _depth(node: Schedule) -> int:
    return 1 + max(map(_depth, node.children), default=0)


def _is_schedule(value: object) -> bool:
    return isinstance(value, Schedule)


def _is_number(value: object) -> bool:
    return isinstance(value, Real)
