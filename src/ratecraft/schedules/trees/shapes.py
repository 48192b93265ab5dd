"""The shapes in which a segment moves from its start to its end.

Path:   the shares of a segment that are done and left -> its value between start and end.
Units:  `done` is 0 at the start and 1 at the end, `left` is what is missing to 1. Both are given, because each is
        exact near the end where it is small.
Source: Loshchilov & Hutter 2017 (cosine), Zhang & Li 2020 (k-decay: `bend`), Chen et al. 2021 (REX), Hsueh et al. 2019
        (tanh), Hägele et al. 2024 (1 - sqrt).

A shape is a frozen value. Its formula is written once, for numbers and for arrays (`functions` is `math` or `numpy`),
and once as the text that stands in code to paste. What reads and writes schedules asks it, or `SHAPES`, for the rest.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, TypeAlias, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import finite_number, positive_number, shown

_LARGEST: Final = 1e6

Number: TypeAlias = Any
"""A float, or an array of float64: whichever `functions` take."""


def _check_positive(shape: object, *names: str) -> None:
    for name in names:
        number = positive_number(name, getattr(shape, name))
        if number > _LARGEST:
            raise InvalidInput("schedule-range", name=name, given=number, low=0, high=_LARGEST)
        object.__setattr__(shape, name, number)


def _power(number: str, exponent: float) -> str:
    """The power of an expression, as an expression."""
    return number if exponent == 1 else f"({number} ** {exponent!r})"


class Shape(ABC):
    """A way from 0 to 1.

    Example:
        >>> Linear().between(1.0, 0.0, 0.5, 0.5), Polynomial().between(1.0, 0.0, 0.5, 0.5)
        (0.5, 0.25)
    """

    __slots__ = ()

    @property
    def goes_on(self) -> bool:
        """Whether the formula has a meaning beyond its end."""
        return False

    @abstractmethod
    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The weights of the end and of the start; they sum to 1."""

    def between(self, start: float, end: float, done: Number, left: Number, functions: ModuleType = math) -> Number:
        """The value between start and end: their weighted mean."""
        rise, fall = self.weights(done, left, functions)
        return start * fall + end * rise

    @abstractmethod
    def source(self, done: str) -> str:
        """The weight of the start as an expression, by that of the share that is done."""

    def source_between(self, start: float, end: float, done: str) -> str:
        """The value between start and end as an expression."""
        return f"({end!r} + ({start!r} - {end!r}) * {self.source(done)})"


@final
@dataclass(frozen=True, slots=True)
class Linear(Shape):
    """A straight line."""

    @property
    def goes_on(self) -> bool:
        """The line does."""
        return True

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The shares themselves."""
        return done, left

    def source(self, done: str) -> str:
        """The share that is left."""
        return f"(1 - {done})"


@final
@dataclass(frozen=True, slots=True)
class Cosine(Shape):
    """Half a cosine wave.

    Attributes:
        waves: Full waves of the way, 1/2 by default. A whole number of them ends at the start again.
        power: The weight of the start is taken to this power.
        bend: Applied to the share that is done: done ** bend, the k of k-decay. Above 1 the rate stays up longer.
    """

    waves: float = 0.5
    power: float = 1.0
    bend: float = 1.0

    def __post_init__(self) -> None:
        _check_positive(self, "waves", "power", "bend")

    @property
    def goes_on(self) -> bool:
        """The wave does, where it isn't bent."""
        return self.bend == 1

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """sin²(π · waves · done), and what it leaves."""
        if self.bend != 1:
            done = done**self.bend
            left = 1.0 - done
        if self.waves == 0.5:
            rise, fall = functions.sin(math.pi / 2 * done), functions.sin(math.pi / 2 * left)
        else:
            angle = math.pi * self.waves * done
            rise, fall = functions.sin(angle), functions.cos(angle)
        rise, fall = rise * rise, fall * fall
        if self.power == 1:
            return rise, fall
        fall = fall**self.power
        return 1.0 - fall, fall

    def between(self, start: float, end: float, done: Number, left: Number, functions: ModuleType = math) -> Number:
        """The weighted mean; to or from 0 it takes one sine only."""
        if self.waves == 0.5 and self.power == self.bend == 1 and (start == 0 or end == 0):
            size, share = (end, done) if start == 0 else (start, left)
            sine = functions.sin(math.pi / 2 * share)
            return size * (sine * sine)
        rise, fall = self.weights(done, left, functions)
        return start * fall + end * rise

    def source(self, done: str) -> str:
        """The cosine's square; half a wave by its sine, which is exact near the end."""
        way = _power(done, self.bend)
        wave = (
            f"math.sin(math.pi / 2 * (1 - {way}))"
            if self.waves == 0.5
            else f"math.cos({math.pi * self.waves!r} * {way})"
        )
        return _power(f"({wave} ** 2)", self.power)


@final
@dataclass(frozen=True, slots=True)
class Polynomial(Shape):
    """The weight of the start is (1 - done ** bend) ** power.

    Attributes:
        power: 1 is a line, 2 (the default) flattens towards the end.
        bend: The k of k-decay. With power 1 the weight of the end is done ** bend: bend 1/2 is 1 - sqrt.
    """

    power: float = 2.0
    bend: float = 1.0

    def __post_init__(self) -> None:
        _check_positive(self, "power", "bend")

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """Powers of the shares."""
        rise = done**self.bend
        fall = left if self.bend == 1 else 1.0 - rise
        if self.power == 1:
            return rise, fall
        fall = fall**self.power
        return 1.0 - fall, fall

    def source(self, done: str) -> str:
        """Powers of the share."""
        return _power(f"(1 - {_power(done, self.bend)})", self.power)


@final
@dataclass(frozen=True, slots=True)
class Rex(Shape):
    """Reflected exponential: slow at first, then ever faster."""

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The weight of the start is left / (1/2 + left / 2)."""
        return done / (1.0 + left), 2.0 * left / (1.0 + left)

    def source(self, done: str) -> str:
        """The weight of the start, from the share that is done."""
        return f"(2 * (1 - {done}) / (2 - {done}))"


@final
@dataclass(frozen=True, slots=True)
class Tanh(Shape):
    """A piece of a hyperbolic tangent, stretched so that it begins and ends exactly where it should.

    Attributes:
        low: Where the piece begins, -7 by default.
        high: Where it ends, 3 by default.
    """

    low: float = -7.0
    high: float = 3.0

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name)))
        if not math.tanh(self.low) < math.tanh(self.high):
            raise InvalidInput("schedule-tanh", low=self.low, high=self.high)

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The tangent's way from its first value."""
        first, last = math.tanh(self.low), math.tanh(self.high)
        here = functions.tanh(self.low * left + self.high * done)
        return (here - first) / (last - first), (last - here) / (last - first)

    def source(self, done: str) -> str:
        """With the ends of the piece as numbers."""
        first, last, here = (
            math.tanh(self.low),
            math.tanh(self.high),
            f"{self.low!r} + {self.high - self.low!r} * {done}",
        )
        return f"(({last!r} - math.tanh({here})) / {last - first!r})"


@final
@dataclass(frozen=True, slots=True)
class Saturating(Shape):
    """Exponentially fast at first, then ever slower: the weight of the start is (ratio ** done - ratio) / (1 - ratio).

    Attributes:
        ratio: What is left of the pace at the end; between 0 and 1.
    """

    ratio: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", finite_number("ratio", self.ratio))
        if not 0 < self.ratio < 1:
            raise InvalidInput("schedule-range", name="ratio", given=self.ratio, low=0, high=1)

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The exponential, scaled to end at 0."""
        fall = (self.ratio**done - self.ratio) / (1.0 - self.ratio)
        return 1.0 - fall, fall

    def source(self, done: str) -> str:
        """The exponential, scaled."""
        return f"(({self.ratio!r} ** {done} - {self.ratio!r}) / {1 - self.ratio!r})"


@final
@dataclass(frozen=True, slots=True)
class Geometric(Shape):
    """The same factor at every step: start · (end / start) ** done. Both ends have one sign, and neither is 0."""

    @property
    def goes_on(self) -> bool:
        """The exponential does."""
        return True

    def weights(self, done: Number, left: Number, functions: ModuleType = math) -> tuple[Number, Number]:
        """The weights of the logarithms of start and end."""
        return done, left

    def between(self, start: float, end: float, done: Number, left: Number, functions: ModuleType = math) -> Number:
        """The weighted geometric mean."""
        sign = -1.0 if start < 0 else 1.0
        return sign * (abs(start) ** left * abs(end) ** done)

    def source(self, done: str) -> str:
        """The weight of the start's logarithm."""
        return f"(1 - {done})"

    def source_between(self, start: float, end: float, done: str) -> str:
        """A power of the ratio of both ends."""
        return f"({start!r} * {end / start!r} ** {done})"


SHAPES: Final[Mapping[str, Shape]] = {
    "linear": Linear(),
    "cosine": Cosine(),
    "polynomial": Polynomial(),
    "1-sqrt": Polynomial(power=1.0, bend=0.5),
    "rex": Rex(),
    "tanh": Tanh(),
    "saturating": Saturating(),
    "geometric": Geometric(),
}
"""Shapes that have a name, with their usual numbers; of every kind of shape there is one."""


def shape_of(value: object) -> Shape:
    """A shape, or the one of a name.

    Raises:
        InvalidInput: There is not one of that name.

    Example:
        >>> shape_of("1-sqrt")
        Polynomial(power=1.0, bend=0.5)
    """
    if isinstance(value, Shape):
        return value
    named = SHAPES.get(value) if isinstance(value, str) else None
    if named is None:
        raise InvalidInput("schedule-shape", given=shown(value), allowed=", ".join(SHAPES))
    return named
