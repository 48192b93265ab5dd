"""A schedule that the user gives for the full run: the rate relative to its own peak, and other hyperparameters.

Path:   an expression such as `onecycle()` -> checked, bound to the horizon -> the schedules of the final run.
Units:  for the rate, multipliers of its peak; for momentum, weight decay and all others, the values themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bound
from ratecraft.schedules.lengths import Horizon
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.trees.nodes import Affine, Schedule

_TRIED_HORIZONS = (500, 5_000, 50_000)
_TRIED_EPOCHS: Final = 100
_TRIED_BATCH: Final = 64
_BELOW_ONE: Final = ("momentum", "beta2")
"""Weights of a running mean: from 0, where nothing is kept, up to but not including 1, where nothing would be added."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a full run follows, with lengths in steps.

    Attributes:
        schedule: Schedule of the rate.
        largest: Its largest value in the run.
        others: Schedules of other hyperparameters, by name.
    """

    schedule: Schedule
    largest: float
    others: Mapping[str, Schedule]

    def at_peak(self, rate: float) -> dict[str, Schedule]:
        """The schedules of a run whose rate peaks at `rate`; the other hyperparameters keep theirs.

        Example:
            >>> from ratecraft.schedules.builders.constructors import linear
            >>> shape_of(ScheduleSet(rate=0.5 * linear(2, 0)), Horizon(100)).at_peak(0.01)
            {'rate': 0.005 * linear(2, 0, 100)}
        """
        return {"rate": rate / self.largest * self.schedule, **self.others}


@cache
def shape_of(schedules: ScheduleSet, horizon: Horizon) -> Shape:
    """The shape of a run. A constant factor around the whole rate has no meaning here and is dropped.

    Raises:
        InvalidInput: The rate has no schedule; the rate falls below 0 or never rises above it; a momentum is outside
            [0, 1); or a schedule does not fit the horizon, or has lengths in a unit whose size is not known.
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
    """Refuse schedules of hyperparameters that no optimizer has.

    Args:
        schedules: The user's schedules.
        allowed: Hyperparameters of the optimizers; empty if they are not known.

    Raises:
        InvalidInput: A schedule is for another name (`attach-name`).
    """
    for name in schedules if allowed else ():
        if name not in allowed:
            raise InvalidInput("attach-name", name=name, allowed=", ".join(allowed))


def check_shape(schedules: ScheduleSet, sizes: Sizes) -> None:
    """Refuse at once what cannot be the schedule of any run, since the run's length is known only after a whole run.

    A run may still show how large epochs and batches are; it cannot show the tokens of a step, so those must be given.

    Args:
        schedules: The user's schedules.
        sizes: Sizes that the user gave.

    Raises:
        InvalidInput: Same as `shape_of`, for every length that could hold it.
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
    """Check that every value is finite, and that a momentum lies in [0, 1)."""
    values = schedule.curve(steps)
    if name in _BELOW_ONE:
        for step in (int(values.argmin()), int(values.argmax())):
            if not 0 <= values[step] < 1:
                raise InvalidInput("shape-share", name=name, value=float(values[step]), step=step)
