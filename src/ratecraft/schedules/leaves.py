"""The leaves of a tree: parts that have values of their own.

Path:   constructors -> leaves -> joined, multiplied and scaled by `nodes`.
Units:  steps are optimizer steps, counted from 0 on the leaf's own clock.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from typing import TYPE_CHECKING, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import Length, finite_number, length_of, measure, positive_number, whole_number
from ratecraft.schedules.nodes import Schedule, set_field, written
from ratecraft.schedules.shapes import SHAPES, Shape, array_weights, weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Const", "Exp", "Segment"]


@final
@dataclass(frozen=True, slots=True, repr=False)
class Const(Schedule):
    """One value.

    Attributes:
        value: The value.
        length: How long it lasts where another part follows.
    """

    value: float
    length: Length = None

    def __post_init__(self) -> None:
        set_field(self, "value", finite_number("value", self.value))
        set_field(self, "length", length_of("length", self.length))

    @property
    def needs_horizon(self) -> bool:
        """Only where its length is a share: without a length it lasts for ever."""
        return isinstance(self.length, float)

    def extent(self, horizon: int) -> Fraction | None:
        """Its length in steps."""
        return measure(self.length, horizon)

    def value_at(self, step: int) -> float:
        """The value."""
        return self.value

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """The value, many times."""
        import numpy as np

        return np.full(steps.shape, self.value)

    def __repr__(self) -> str:
        return f"constant({written(self.value)}{_last(self.length)})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Segment(Schedule):
    """A way from `start` to `end`: at its step j it has gone the share (j + offset) / length of it.

    With offset 0 it begins at `start` and reaches `end` just past its last step; with offset 1 it begins one step in
    and has `end` at its last step. It never leaves the range between its ends.

    Attributes:
        start: Value at share 0.
        end: Value at share 1, held from there on.
        length: How long the way is. 0 steps: at `end` from the beginning.
        shape: `linear`, or `cosine` (half a wave).
        offset: Steps that count as gone at the beginning.
    """

    start: float
    end: float
    length: Length = None
    shape: Shape = "linear"
    offset: int = 0

    def __post_init__(self) -> None:
        set_field(self, "start", finite_number("start", self.start))
        set_field(self, "end", finite_number("end", self.end))
        set_field(self, "length", length_of("length", self.length))
        set_field(self, "offset", whole_number("offset", self.offset))
        if self.shape not in SHAPES:
            raise InvalidInput("schedule-shape", given=repr(self.shape), allowed=", ".join(SHAPES))

    @property
    def needs_horizon(self) -> bool:
        """Unless its length is in steps."""
        return not isinstance(self.length, int)

    def extent(self, horizon: int) -> Fraction | None:
        """Its length in steps."""
        return measure(self.length, horizon)

    def value_at(self, step: int) -> float:
        """The weighted mean of both ends."""
        length = cast("int", self.length)
        if length == 0:
            return self.end
        rise, fall = weights(self.shape, min(step + self.offset, length), length)
        between = self.start * fall + self.end * rise
        return min(max(between, min(self.start, self.end)), max(self.start, self.end))

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """The weighted means of both ends."""
        import numpy as np

        length = cast("int", self.length)
        if length == 0:
            return np.full(steps.shape, self.end)
        rise, fall = array_weights(self.shape, np.minimum(steps + self.offset, length), length)
        between = self.start * fall + self.end * rise
        return np.clip(between, min(self.start, self.end), max(self.start, self.end))

    def __repr__(self) -> str:
        if (self.start, self.end, self.shape, self.offset) == (0, 1, "linear", 1):
            return f"warmup({'' if self.length is None else self.length})"
        offset = f", offset={self.offset}" if self.offset else ""
        return f"{self.shape}({written(self.start)}, {written(self.end)}{_last(self.length)}{offset})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Exp(Schedule):
    """Decay or growth by a constant factor: factor ** (step / every).

    Attributes:
        factor: What `every` steps multiply the value by; > 0.
        every: Steps, or a share of the horizon.
        length: How long it lasts; without one it goes on for ever.
    """

    factor: float
    every: int | float = 1
    length: Length = None

    def __post_init__(self) -> None:
        set_field(self, "factor", positive_number("factor", self.factor))
        set_field(self, "length", length_of("length", self.length))
        # Neither None nor 0, which are lengths, but no pace.
        set_field(self, "every", length_of("every", self.every) or whole_number("every", self.every, least=1))

    @property
    def needs_horizon(self) -> bool:
        """Only where a length is a share."""
        return isinstance(self.length, float) or isinstance(self.every, float)

    def extent(self, horizon: int) -> Fraction | None:
        """Its length in steps."""
        return measure(self.length, horizon)

    def value_at(self, step: int) -> float:
        """A power of the factor."""
        last = step if self.length is None else min(step, cast("int", self.length))
        return _power(self.factor, last / self.every)

    def values_at(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """Powers of the factor."""
        import numpy as np

        last = steps if self.length is None else np.minimum(steps, cast("int", self.length))
        # numpy's own power differs from `math.pow` in the last bit on some processors.
        powers = map(_power, repeat(self.factor), (last / self.every).tolist())
        return np.fromiter(powers, dtype=np.float64, count=last.size)

    def __repr__(self) -> str:
        every = f", {self.every!r}" if self.length is not None or self.every != 1 else ""
        return f"exponential({written(self.factor)}{every}{_last(self.length)})"


def _power(factor: float, exponent: float) -> float:
    try:
        return math.pow(factor, exponent)
    except OverflowError:
        return math.inf  # `Schedule.at` refuses it


def _last(length: Length) -> str:
    """The length as a last argument; nothing for the rest."""
    return "" if length is None else f", {length!r}"
