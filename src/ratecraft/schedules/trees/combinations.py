"""Combines schedules: one after another, or the smallest or largest of them at each step.

Path:   trees -> `nodes` makes schedules of them.
Units:  steps; each part of a join has a clock of its own that starts at 0.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import nan

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import UNIT_HORIZON, Horizon, plain_number, simplest
from ratecraft.schedules.trees.stepping import Stepper, join
from ratecraft.schedules.trees.tree import Clock, Place, Tree, Values, enclosed, fit_each, flat, set_field


@dataclass(frozen=True, slots=True, repr=False)
class Joined(Tree):
    """Parts one after another. A join of joins is one flat join.

    Attributes:
        parts: At least two; at most one of them takes the rest of the time.
        starts: First step of each part; empty if a horizon is needed to know it.
    """

    parts: tuple[Tree, ...]
    starts: tuple[int | float, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        set_field(self, "parts", flat(Joined, self.parts))
        extents = [part.extent(UNIT_HORIZON) for part in self.parts]
        if extents.count(None) > 1:
            first, second, *_ = (part for part, extent in zip(self.parts, extents, strict=True) if extent is None)
            raise InvalidInput("schedule-two-rests", first=repr(first), second=repr(second))
        known = None not in extents[:-1] and not any(part.needs_horizon for part in self.parts)
        starts = accumulate((extent or Fraction() for extent in extents[:-1]), initial=Fraction())
        set_field(self, "starts", tuple(plain_number(simplest(start)) for start in starts) if known else ())

    @property
    def children(self) -> tuple[Tree, ...]:
        """The parts."""
        return self.parts

    @property
    def needs_horizon(self) -> bool:
        """Unless no part needs one and every part but the last has a length."""
        return not self.starts

    def extent(self, horizon: Horizon) -> Fraction | None:
        """The sum over the parts; None where one of them takes the rest."""
        extents = [part.extent(horizon) for part in self.parts]
        return None if None in extents else sum((extent or Fraction() for extent in extents), Fraction())

    def fit(self, place: Place) -> Tree:
        """The parts, of which one has the time that the others leave."""
        extents = [part.extent(place.horizon) for part in self.parts]
        needed = sum((extent or Fraction() for extent in extents), Fraction())
        place.check_room(self, place.start + needed)
        rest = max(place.end - place.start - needed, Fraction())
        start, first = place.start, place.first
        parts: list[Tree] = []
        for part, extent in zip(self.parts, extents, strict=True):
            joint = start + (rest if extent is None else extent)
            parts.append(part.fit(place.within(start, joint, first)))
            start, first = joint, first + (parts[-1].extent(UNIT_HORIZON) or 0)
        return replace(self, parts=tuple(parts))

    def value_at(self, step: float) -> float:
        """The value of the part active at this step, on the part's own clock."""
        index = bisect_right(self.starts, step) - 1
        return self.parts[index].value_at(step - self.starts[index])

    def compiled(self, scale: float, shift: float) -> Stepper:
        """The functions of the parts, joined."""
        return join(self.starts, [part.compiled(scale, shift) for part in self.parts])

    def values_at(self, steps: Clock) -> Values:
        """The values of each part for its stretch of the steps."""
        import numpy as np

        values = np.empty(steps.shape)
        if steps.size and bool((steps[1:] < steps[:-1]).any()):  # within a cycle that comes again
            order = np.argsort(steps, kind="stable")
            values[order] = self.values_at(steps[order])
            return values
        low = 0
        while low < steps.size:
            index = bisect_right(self.starts, steps[low]) - 1
            later = self.starts[index + 1 : index + 2]
            high = int(np.searchsorted(steps, later[0])) if later else steps.size
            values[low:high] = self.parts[index].values_at(steps[low:high] - self.starts[index])
            low = high
        return values

    def __repr__(self) -> str:
        return " >> ".join(map(repr, self.parts))


@dataclass(frozen=True, slots=True, repr=False)
class Extreme(Tree):
    """One value of several schedules at each step: `Least` and `Largest` say which.

    Attributes:
        parts: At least two.
    """

    parts: tuple[Tree, ...]

    @property
    def children(self) -> tuple[Tree, ...]:
        """The parts."""
        return self.parts

    def extent(self, horizon: Horizon) -> Fraction | None:
        """The extent of the longest part; a bare number has none."""
        return _longest(self.parts, horizon)

    def fit(self, place: Place) -> Tree:
        """Every part for itself."""
        return replace(self, parts=fit_each(self, place))


@dataclass(frozen=True, slots=True, repr=False)
class Least(Extreme):
    """The least of schedules at each step."""

    def __post_init__(self) -> None:
        set_field(self, "parts", flat(Least, self.parts))

    def value_at(self, step: float) -> float:
        """The least of the parts' values."""
        return _chosen(min, [part.value_at(step) for part in self.parts])

    def values_at(self, steps: Clock) -> Values:
        """The least of the parts' values."""
        import numpy as np

        return reduce(np.minimum, (part.values_at(steps) for part in self.parts))

    def __repr__(self) -> str:
        return f"{enclosed(self.parts[0])}.min({', '.join(map(repr, self.parts[1:]))})"


@dataclass(frozen=True, slots=True, repr=False)
class Largest(Extreme):
    """The largest of schedules at each step."""

    def __post_init__(self) -> None:
        set_field(self, "parts", flat(Largest, self.parts))

    def value_at(self, step: float) -> float:
        """The largest of the parts' values."""
        return _chosen(max, [part.value_at(step) for part in self.parts])

    def values_at(self, steps: Clock) -> Values:
        """The largest of the parts' values."""
        import numpy as np

        return reduce(np.maximum, (part.values_at(steps) for part in self.parts))

    def __repr__(self) -> str:
        return f"{enclosed(self.parts[0])}.max({', '.join(map(repr, self.parts[1:]))})"


def _longest(parts: tuple[Tree, ...], horizon: Horizon) -> Fraction | None:
    extents = [part.extent(horizon) for part in parts if not part.is_number]
    return None if None in extents or not extents else max(extent or Fraction() for extent in extents)


def _chosen(choose: Callable[[list[float]], float], values: list[float]) -> float:
    """`min` or `max`, except that a NaN among the values gives NaN."""
    return nan if any(value != value for value in values) else choose(values)
