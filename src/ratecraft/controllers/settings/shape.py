"""A shape that the user gives for the full run: a rate relative to its own peak, and what else follows a schedule.

Path:   an expression such as `onecycle()` -> checked, bound to the horizon -> the schedules of the final run.
Units:  of the rate, multipliers of its peak; momentum, weight decay and all others are the values themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bound
from ratecraft.schedules.lengths import Horizon
from ratecraft.schedules.nodes import Affine, Schedule
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.sizes import Sizes

__all__ = ["Shape", "check_names", "check_shape", "shape_of"]

_TRIED_HORIZONS = (500, 5_000, 50_000)
_TRIED_EPOCHS: Final = 100
_TRIED_BATCH: Final = 64
_BELOW_ONE: Final = ("momentum", "beta2")
"""Shares of a running mean: from 0, where nothing is kept, up to but without 1, where nothing is ever added."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a full run follows, bound to its horizon.

    Attributes:
        schedule: Schedule of the rate.
        largest: Its largest value in the run.
        others: Name of a hyperparameter to its schedule.
    """

    schedule: Schedule
    largest: float
    others: Mapping[str, Schedule]

    def at_peak(self, rate: float) -> dict[str, Schedule]:
        """The schedules of a run whose rate peaks at `rate`; the others are what they are.

        Example:
            >>> from ratecraft.schedules.constructors import linear
            >>> shape_of(ScheduleSet(rate=0.5 * linear(2, 0)), Horizon(100)).at_peak(0.01)
            {'rate': 0.005 * linear(2, 0, 100)}
        """
        return {"rate": rate / self.largest * self.schedule, **self.others}


@cache
def shape_of(schedules: ScheduleSet, horizon: Horizon) -> Shape:
    """The shape of a run; a factor around all of the rate says nothing and is dropped.

    Raises:
        InvalidInput: There is none for the rate; the rate falls below 0 or never rises above it; a momentum is no
            share; or one does not fit the horizon, or has lengths in what no one knows the size of.
    """
    if "rate" not in schedules:
        raise InvalidInput("shape-without-rate", names=", ".join(schedules))
    rate, steps = bound(schedules.rate, horizon), horizon.steps
    while isinstance(rate, Affine) and rate.shift == 0 and rate.scale > 0:
        rate = rate.inner
    values = rate.curve(steps)
    least, largest = float(values.min()), float(values.max())
    if least < 0:
        step = int(values.argmin())
        value = bound(schedules.rate, horizon).at(step)
        raise InvalidInput("shape-negative", schedule=repr(schedules.rate), steps=steps, step=step, value=value)
    if largest == 0:
        raise InvalidInput("shape-zero", schedule=repr(schedules.rate))
    others = {name: bound(schedule, horizon) for name, schedule in schedules.others.items()}
    for name, schedule in others.items():
        _check_values(name, schedule, steps)
    return Shape(rate, largest, others)


def check_names(schedules: ScheduleSet, allowed: Sequence[str]) -> None:
    """Refuse schedules of what no optimizer has.

    Args:
        schedules: The user's.
        allowed: What the optimizers have; empty if that is not known.

    Raises:
        InvalidInput: One is of something else (`attach-name`).
    """
    for name in schedules if allowed else ():
        if name not in allowed:
            raise InvalidInput("attach-name", name=name, allowed=", ".join(allowed))


def check_shape(schedules: ScheduleSet, sizes: Sizes) -> None:
    """Refuse at once what is the shape of no run: how long the run is will be known only after a whole one.

    How large epochs and batches are a run may still show; the tokens of a step no run shows, so they must be told.

    Args:
        schedules: The user's.
        sizes: Sizes that the user told.

    Raises:
        InvalidInput: Same as `shape_of`, whichever length is tried of those that hold it.
    """
    problems: list[InvalidInput] = []
    for steps in _TRIED_HORIZONS:
        told = replace(
            sizes,
            steps_per_epoch=sizes.steps_per_epoch or steps / _TRIED_EPOCHS,
            batch_size=sizes.batch_size or _TRIED_BATCH,
        )
        try:
            shape_of(schedules, told.over(steps))
        except InvalidInput as error:
            problems += [] if error.code == "schedule-beyond-horizon" else [error]
        else:
            return
    if problems:
        raise problems[0]


def _check_values(name: str, schedule: Schedule, steps: int) -> None:
    """Every value is finite, and that of a momentum is a share."""
    values = schedule.curve(steps)
    if name in _BELOW_ONE:
        for step in (int(values.argmin()), int(values.argmax())):
            if not 0 <= values[step] < 1:
                raise InvalidInput("shape-share", name=name, value=float(values[step]), step=step)
