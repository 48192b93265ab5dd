"""The leaves of a tree: parts with values of their own. `Const`, which nodes need themselves, is in `nodes`.

Path:   constructors -> leaves -> joined, multiplied and scaled by `nodes`.
Units:  steps are optimizer steps, counted from 0 on the leaf's own clock.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import (
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
    shown,
    simplest,
    written,
    written_length,
)
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.shapes import Cosine, Geometric, Linear, Shape, shape_of
from ratecraft.schedules.trees.stepping import Stepper, exponential, line, power, scaled, wave
from ratecraft.schedules.trees.tree import Clock, Place, Values, set_field

After: TypeAlias = float | Literal["hold", "extend", "reflect"]
"""What comes after a segment's end."""

_AFTER: Final = ("hold", "extend", "reflect")


class _Leaf(Schedule):
    """A leaf with a length."""

    __slots__ = ()
    length: Length

    def extent(self, horizon: Horizon) -> Fraction | None:
        """Its length in steps."""
        return measure(self.length, horizon)


@final
@dataclass(frozen=True, slots=True, repr=False)
class Segment(_Leaf):
    """A way from `start` to `end`: at its step j it has gone the share (j + offset) / (length - inset) of it.

    With offset 0 it begins at `start` and reaches `end` just past its last step; with offset 1 it begins one step in
    and has `end` at its last step; with inset 1 it has both. Before its end it never leaves the range between its ends.

    Attributes:
        start: Value at share 0.
        end: Value at share 1.
        length: How long it lasts. 0 steps: at `end` from the beginning.
        shape: The way, or its name.
        offset: Steps that count as gone at the beginning; negative ones wait at the start.
        inset: Steps that the way is shorter than the segment; negative where the segment is only a piece of the way.
        after: From its end on: `hold` the end, `extend` the formula, `reflect` it (go back and forth), or a value.
        span: Steps of the way; 0 if the length isn't known yet.
    """

    start: float
    end: float
    length: Length = None
    shape: Shape = Linear()
    offset: Steps = 0
    inset: Steps = 0
    after: After = "hold"
    span: int | float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        set_field(self, "start", finite_number("start", self.start))
        set_field(self, "end", finite_number("end", self.end))
        set_field(self, "length", length_of("length", self.length))
        set_field(self, "shape", shape_of(self.shape))
        set_field(self, "offset", exact_number("offset", self.offset))
        set_field(self, "inset", exact_number("inset", self.inset))
        if self.after not in _AFTER:
            if isinstance(self.after, str):
                raise InvalidInput("schedule-after", given=shown(self.after), allowed=", ".join(_AFTER))
            set_field(self, "after", finite_number("after", self.after))
        if self.after == "extend" and not self.shape.goes_on:
            raise InvalidInput("schedule-shape-ends", shape=repr(self.shape))
        if isinstance(self.shape, Geometric) and not self.start * self.end > 0:
            raise InvalidInput("schedule-geometric", start=self.start, end=self.end)
        known = isinstance(self.length, int | Fraction)
        span = max(simplest(Fraction(cast("Steps", self.length) - self.inset)), 0) if known else 0
        set_field(self, "span", plain_number(span))

    @property
    def needs_horizon(self) -> bool:
        """Unless its length is in steps."""
        return not isinstance(self.length, int | Fraction)

    def fit(self, place: Place) -> Schedule:
        """With its length in steps."""
        return replace(self, length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """The value between both ends."""
        span, after = self.span, self.after
        done = max(step + plain_number(self.offset), 0)
        if span == 0:
            return after if isinstance(after, float) else self.end
        if done >= span and after != "extend":
            if isinstance(after, float):
                return after
            done = span if after == "hold" else span - abs(done % (2 * span) - span)
        try:
            value = self.shape.between(self.start, self.end, done / span, (span - done) / span)
        except OverflowError:
            return math.inf
        if after == "extend":
            return cast("float", value)
        return min(max(value, min(self.start, self.end)), max(self.start, self.end))

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function of its numbers for the two shapes that nearly all schedules have."""
        way = line if isinstance(self.shape, Linear) else wave if self.shape == Cosine() else None
        if way is None or self.after != "hold" or self.span == 0:
            return scaled(self.value_at, scale, shift)
        return way(self.start, self.end, self.span, plain_number(self.offset), scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """The values between both ends."""
        import numpy as np

        span, after = self.span, self.after
        if span == 0:
            return np.full(steps.shape, after if isinstance(after, float) else self.end)
        offset = plain_number(self.offset)
        done = steps if offset == 0 else np.maximum(steps + offset, 0)
        if after == "reflect":
            way = np.where(done >= span, span - np.abs(done % (2 * span) - span), done)
        else:
            way = done if after == "extend" else np.minimum(done, span)
        values: Values = self.shape.between(self.start, self.end, way / span, (span - way) / span, np)
        if after != "extend":
            values = np.clip(values, min(self.start, self.end), max(self.start, self.end), out=values)
        return np.where(done >= span, after, values) if isinstance(after, float) else values

    def __repr__(self) -> str:
        if self == Segment(0.0, 1.0, self.length, offset=1):
            return f"warmup({'' if self.length is None else written_length(self.length)})"
        ends = f"{written(self.start)}, {written(self.end)}{_last(self.length)}"
        named = [
            (field.name, getattr(self.shape, field.name), field.default) for field in fields(cast("Any", self.shape))
        ]
        named += [("offset", self.offset, 0), ("inset", self.inset, 0), ("after", self.after, "hold")]
        given = "".join(f", {name}={_written(value)}" for name, value, usual in named if value != usual)
        return f"{type(self.shape).__name__.lower()}({ends}{given})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Exp(_Leaf):
    """Decay or growth by a constant factor: factor ** (step / every).

    Attributes:
        factor: What `every` steps multiply the value by; > 0.
        every: Steps, a share of the horizon, epochs or tokens.
        length: How long it lasts; without one it goes on for ever.
    """

    factor: float
    every: Length = 1
    length: Length = None

    def __post_init__(self) -> None:
        set_field(self, "factor", positive_number("factor", self.factor))
        set_field(self, "length", length_of("length", self.length))
        set_field(self, "every", pace_of("every", self.every))

    @property
    def needs_horizon(self) -> bool:
        """Only where a length is none in steps."""
        known = self.length is None or isinstance(self.length, int | Fraction)
        return not (known and isinstance(self.every, int | Fraction))

    def fit(self, place: Place) -> Schedule:
        """With both its lengths in steps."""
        return replace(self, every=place.pace_of(self.every), length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """A power of the factor."""
        length = step if self.length is None else plain_number(cast("Steps", self.length))
        return raised(self.factor, min(step, length) / plain_number(cast("Steps", self.every)))

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function of its numbers."""
        every, length = plain_number(cast("Steps", self.every)), _plain_length(self.length)
        return exponential(self.factor, every, length, scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """Powers of the factor."""
        import numpy as np

        last = steps if self.length is None else np.minimum(steps, plain_number(cast("Steps", self.length)))
        powers: Values = self.factor ** (last / plain_number(cast("Steps", self.every)))
        return powers

    def __repr__(self) -> str:
        every = f", {written_length(self.every)}" if self.length is not None or self.every != 1 else ""
        return f"exponential({written(self.factor)}{every}{_last(self.length)})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Power(_Leaf):
    """A power of time: ((step + offset) / scale) ** exponent.

    Attributes:
        exponent: -1/2 is the inverse square root, -1 inverse time.
        scale: Steps at which the value is 1, a share of the horizon, epochs or tokens.
        offset: Steps that count as gone at the beginning, or as `scale`; more than 0 if the exponent is negative.
        length: How long it lasts; without one it goes on for ever.
    """

    exponent: float
    scale: Length = 1
    offset: Length = 0
    length: Length = None

    def __post_init__(self) -> None:
        set_field(self, "exponent", finite_number("exponent", self.exponent))
        set_field(self, "scale", pace_of("scale", self.scale))
        set_field(self, "offset", pace_of("offset", self.offset, least=1 if self.exponent < 0 else 0))
        set_field(self, "length", length_of("length", self.length))

    @property
    def needs_horizon(self) -> bool:
        """Only where a length is none in steps."""
        known = self.length is None or isinstance(self.length, int | Fraction)
        return not (known and isinstance(self.scale, int | Fraction) and isinstance(self.offset, int | Fraction))

    def fit(self, place: Place) -> Schedule:
        """With all its lengths in steps."""
        least = 1 if self.exponent < 0 else 0
        scale, offset = place.pace_of(self.scale), place.pace_of(self.offset, least)
        return replace(self, scale=scale, offset=offset, length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """A power of the time that is gone."""
        length = step if self.length is None else plain_number(cast("Steps", self.length))
        gone = min(step, length) + plain_number(cast("Steps", self.offset))
        return raised(gone / plain_number(cast("Steps", self.scale)), self.exponent)

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function of its numbers."""
        unit, offset = plain_number(cast("Steps", self.scale)), plain_number(cast("Steps", self.offset))
        return power(self.exponent, unit, offset, _plain_length(self.length), scale, shift)

    def values_at(self, steps: Clock) -> Values:
        """Powers of the time that is gone."""
        import numpy as np

        last = steps if self.length is None else np.minimum(steps, plain_number(cast("Steps", self.length)))
        gone = last + plain_number(cast("Steps", self.offset))
        powers: Values = (gone / plain_number(cast("Steps", self.scale))) ** self.exponent
        return powers

    def __repr__(self) -> str:
        paces = ", ".join(written_length(pace) for pace in (self.scale, self.offset))
        return f"power({written(self.exponent)}, {paces}{_last(self.length)})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Fn(_Leaf):
    """Values of a function of your own. Text and JSON hold its name only; it must be given again on reading.

    Attributes:
        name: What it is called in text and JSON.
        function: Gives the value at a step of the leaf's own clock.
        length: How long it lasts; without one it goes on for ever.
    """

    name: str
    function: Callable[[float], float] = field(compare=False)
    length: Length = None

    def __post_init__(self) -> None:
        if not (isinstance(cast("object", self.name), str) and self.name.isidentifier()):
            raise InvalidInput("schedule-function-name", given=shown(self.name))
        if not callable(self.function):
            raise InvalidInput("schedule-function", name=self.name, given=shown(self.function))
        set_field(self, "length", length_of("length", self.length))

    @property
    def needs_horizon(self) -> bool:
        """Only where its length is none in steps."""
        return not (self.length is None or isinstance(self.length, int | Fraction))

    def fit(self, place: Place) -> Schedule:
        """With its length in steps."""
        return replace(self, length=place.steps_of(self.length))

    def value_at(self, step: float) -> float:
        """What the function gives."""
        length = step if self.length is None else plain_number(cast("Steps", self.length))
        return float(self.function(min(step, length)))

    def values_at(self, steps: Clock) -> Values:
        """What the function gives, step by step."""
        import numpy as np

        return np.array([self.value_at(step) for step in steps.tolist()], np.float64)

    def __repr__(self) -> str:
        return f'function("{self.name}"{_last(self.length)})'


def _plain_length(length: Length) -> float:
    """A known length as a plain number; infinite where there is none."""
    return math.inf if length is None else plain_number(cast("Steps", length))


def _last(length: Length) -> str:
    """The length as a last argument; nothing for the rest."""
    return "" if length is None else f", {written_length(length)}"


def _written(value: float | Fraction | str) -> str:
    """An argument of a segment: steps, a number, or a word."""
    if isinstance(value, str):
        return f'"{value}"'
    return written(value) if isinstance(value, float) else written_length(value)
