"""The shape of the rate over a run: where it rose, stayed and fell.

Path:   the curve of a rate -> `RateShape` -> the rules, which hold the loss against it.
Units:  rates are absolute, steps are those of the run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ratecraft.diagnosis.view.curve import Curve
from ratecraft.laws.robust import turning_places

_SAME = 0.01  # share of the peak within which a rate counts as unchanged: logs round
_RISE = 1.3  # factor from which a rise is one that a loss would show


@dataclass(frozen=True, slots=True)
class Move:
    """One stretch over which the rate only rose, or only fell: from which step and rate to which."""

    begin: int
    end: int
    before: float
    after: float

    @property
    def factor(self) -> float:
        """The factor by which the rate changed; infinite from 0."""
        return self.after / self.before if self.before > 0 else float("inf")


@dataclass(frozen=True, eq=False)
class RateShape:
    """The rate over the run.

    Attributes:
        curve: What was logged of it, ≥ 0.
    """

    curve: Curve

    @cached_property
    def peak(self) -> float:
        """The highest rate."""
        return float(self.curve.values.max())

    @cached_property
    def peak_step(self) -> int:
        """The step at which the peak is first reached, within a hundredth."""
        return int(self.curve.steps[int((self.curve.values >= (1 - _SAME) * self.peak).argmax())])

    @property
    def end(self) -> float:
        """The last rate."""
        return float(self.curve.values[-1])

    @property
    def is_constant(self) -> bool:
        """Whether it never moved by more than a hundredth after its peak was first reached."""
        return bool(self.curve.between(self.peak_step, self.curve.last).values.min() >= (1 - _SAME) * self.peak)

    @cached_property
    def warm_up(self) -> int:
        """Steps until the peak, where it began at half of it or lower; else 0."""
        rises = self.curve.values[0] <= 0.5 * self.peak
        return self.peak_step - self.curve.first if rises else 0

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The rises and falls of the rate, in order; changes within a hundredth of the peak do not count."""
        return tuple(self._moves())

    @cached_property
    def rises(self) -> tuple[Move, ...]:
        """The rises of the rate by a third or more, except the first one of the run."""
        rises = [move for move in self.moves if move.after > move.before]
        first = 1 if rises and rises[0].begin == self.curve.first else 0
        return tuple(move for move in rises[first:] if move.factor >= _RISE)

    @cached_property
    def held_until(self) -> int:
        """The last step up to which, from its peak on, it stood at half of it or higher without a break."""
        low = (self.curve.values < 0.5 * self.peak) & (self.curve.steps > self.peak_step)
        return int(self.curve.steps[int(low.argmax()) - 1]) if low.any() else self.curve.last

    def rose_near(self, first: float, last: float) -> bool:
        """Whether it rose by a third or more between two steps, a fiftieth of the run more or less."""
        slack = 0.02 * self.curve.length
        return any(move.begin <= last + slack and move.end >= first - slack for move in self.rises)

    def _moves(self) -> Iterator[Move]:
        at = turning_places(self.curve.values)
        steps, values = self.curve.steps[at].tolist(), self.curve.values[at].tolist()
        least = _SAME * self.peak
        low = high = 0  # where it was lowest and highest since the last turn
        begin, way = 0, 0
        for place, value in enumerate(values):
            high = place if value > values[high] else high
            low = place if value < values[low] else low
            if way >= 0 and values[high] - value > least:  # it turned down at `high`
                if way or values[high] - values[begin] > least:
                    yield Move(steps[begin], steps[high], values[begin], values[high])
                begin, low, way = high, place, -1
            elif way <= 0 and value - values[low] > least:
                if way or values[begin] - values[low] > least:
                    yield Move(steps[begin], steps[low], values[begin], values[low])
                begin, high, way = low, place, 1
        last = high if way > 0 else low
        if way:
            yield Move(steps[begin], steps[last], values[begin], values[last])
