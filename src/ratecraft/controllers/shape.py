"""A shape that the user gives for the full run: a schedule that is relative to its own peak.

Path:   an expression such as `warmup(500) >> cosine()` -> checked, bound to the horizon -> the rates of the final run.
Units:  multipliers of the peak rate, from 0 to 1.
"""

from dataclasses import dataclass
from functools import cache

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.nodes import Affine, Schedule

__all__ = ["Shape", "check_shape", "shape_of"]

_TRIED_HORIZONS = (500, 5_000, 50_000)


@dataclass(frozen=True, slots=True)
class Shape:
    """A schedule bound to a horizon, and its largest value there."""

    schedule: Schedule
    largest: float

    def at_peak(self, rate: float) -> Schedule:
        """The schedule that peaks at a rate.

        Example:
            >>> from ratecraft.schedules.constructors import linear
            >>> shape_of(0.5 * linear(2, 0), horizon=100).at_peak(0.01)
            0.005 * linear(2, 0, 100)
        """
        return rate / self.largest * self.schedule


@cache
def shape_of(schedule: Schedule, horizon: int) -> Shape:
    """The shape that a schedule has in a run of `horizon` steps; a factor around all of it says nothing and is dropped.

    Raises:
        InvalidInput: It falls below 0, never rises above 0, or does not fit the horizon.
    """
    bound = bind(schedule, horizon)
    while isinstance(bound, Affine) and bound.shift == 0 and bound.scale > 0:
        bound = bound.inner
    values = bound.curve(horizon)
    least, largest = float(values.min()), float(values.max())
    if least < 0:
        step = int(values.argmin())
        value = bind(schedule, horizon).at(step)
        raise InvalidInput("shape-negative", schedule=repr(schedule), steps=horizon, step=step, value=value)
    if largest == 0:
        raise InvalidInput("shape-zero", schedule=repr(schedule))
    return Shape(bound, largest)


def check_shape(schedule: Schedule) -> None:
    """Refuse at once what is the shape of no run: how long the run is will be known only after a whole one.

    Raises:
        InvalidInput: It falls below 0 or never rises above 0, whichever length is tried of those that hold it.
    """
    problems: list[InvalidInput] = []
    for horizon in _TRIED_HORIZONS:
        try:
            shape_of(schedule, horizon)
        except InvalidInput as error:
            problems += [] if error.code == "schedule-beyond-horizon" else [error]
        else:
            return
    if problems:
        raise problems[0]
