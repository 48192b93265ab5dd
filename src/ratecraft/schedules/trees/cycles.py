"""Which cycle of a repetition a step is in, and how far into it, in exact arithmetic.

Path:   a repetition and its cycle's length -> places in the cycle, for steps and for arrays of steps.
Units:  steps. Cycle i begins at length · (growth^i - 1) / (growth - 1) and is growth^i times as long as the first.

No logarithm and no division of floats finds the cycle: at a boundary both fall on the wrong side now and then. What
one step past a boundary costs is a whole restart (see the peers' missed restarts).
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import MOST_STEPS, Steps, plain_number, simplest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CYCLES: Final = 1000
"""Most cycles of a repetition whose cycles grow; each has a boundary of its own."""

_FINEST: Final = 10**18
"""Largest denominator of a boundary: exact for all that people write, and no endless numbers for growth 1.1."""


_FINE: Final = 10**6


@final
@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles of a repetition.

    Attributes:
        length: Steps of the first; > 0.
        growth: Factor on the length from one cycle to the next; 1 or more.
        count: Number of cycles; None without end.
    """

    length: Steps
    growth: Fraction
    count: int | None
    starts: tuple[int | float, ...] = field(init=False)
    """First place of each cycle, where they differ in length; the last one is the end."""
    scales: tuple[int | float, ...] = field(init=False)

    def __post_init__(self) -> None:
        starts, scales = [Fraction()], [Fraction(1)]
        if self.growth != 1:
            while starts[-1] <= MOST_STEPS and (self.count is None or len(starts) <= self.count):
                if len(starts) > MOST_CYCLES:
                    raise InvalidInput("schedule-many-cycles", most=MOST_CYCLES, growth=float(self.growth))
                starts.append((starts[-1] + self.length * scales[-1]).limit_denominator(_FINEST))
                scales.append((scales[-1] * self.growth).limit_denominator(_FINEST))
        object.__setattr__(self, "starts", tuple(map(plain_number, map(simplest, starts))))
        object.__setattr__(self, "scales", tuple(map(plain_number, map(simplest, scales))))

    @property
    def end(self) -> Fraction | None:
        """Steps of all cycles together; None without end."""
        return None if self.count is None else total_length(Fraction(self.length), self.growth, self.count)

    def place(self, step: float) -> tuple[int, float]:
        """(cycle, step on the cycle's own clock, as if it were the first one)."""
        if self.growth != 1:
            index = bisect_right(self.starts, step) - 1
            return index, (step - self.starts[index]) / self.scales[index]
        numerator, denominator = self.length.numerator, self.length.denominator
        fine = step * denominator
        index = int(fine // numerator)
        if denominator == 1:
            return index, step - index * numerator
        return index, (fine - index * numerator) / denominator

    def places(self, steps: "NDArray[Any]") -> "tuple[NDArray[np.int64], NDArray[Any]]":
        """`place` for many steps."""
        import numpy as np

        if self.growth != 1:
            index = np.searchsorted(np.array(self.starts), steps, side="right") - 1
            return index, (steps - np.array(self.starts)[index]) / np.array(self.scales)[index]
        numerator, denominator = self.length.numerator, self.length.denominator
        if denominator > _FINE:  # too fine for 64 bits
            pairs = [self.place(step) for step in steps.tolist()]
            return np.array([pair[0] for pair in pairs], np.int64), np.array([pair[1] for pair in pairs], np.float64)
        fine = steps * denominator
        index = (fine // numerator).astype(np.int64)
        local = fine - index * numerator
        return index, local if denominator == 1 else local / denominator


def total_length(length: Fraction, growth: Fraction, count: int) -> Fraction:
    """Steps of `count` cycles of which the first has `length`.

    Example:
        >>> total_length(Fraction(10), Fraction(2), 3)
        Fraction(70, 1)
    """
    if growth == 1:
        return length * count
    return length * (growth**count - 1) / (growth - 1)
