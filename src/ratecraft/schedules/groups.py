"""One schedule for parameter groups of different base rates, with a floor that is the same for all of them.

Path:   a factor, what is added, and limits -> the rate of each group.
Units:  rates are absolute. rate(t) = clamp(factor(t) · base · scale + addend(t), low(t), high(t)).

One factor alone can't express an absolute floor for groups of different bases: base · (r + (1 - r) · shape) has a floor
of base · r. With a floor m, factor is the shape S and addend is m · (1 - S).
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import finite_number, shown
from ratecraft.schedules.nodes import Schedule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GroupSchedule", "bind_group", "with_floor"]


@final
@dataclass(frozen=True, slots=True)
class GroupSchedule:
    """A schedule that depends on a group's base rate.

    Attributes:
        factor: Multiplies the base rate.
        addend: Is added to the product; None for nothing.
        low: The rate is never below it; None for no limit.
        high: The rate is never above it; None for no limit.

    Example:
        >>> from ratecraft.schedules.constructors import cosine
        >>> planned = with_floor(cosine(1, 0, 100), 0.001)
        >>> planned.at(100, base=0.1), planned.at(100, base=0.02), planned.at(0, base=0.02)
        (0.001, 0.001, 0.02)
    """

    factor: Schedule
    addend: Schedule | None = None
    low: Schedule | None = None
    high: Schedule | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not isinstance(value, Schedule) and (value is not None or each.name == "factor"):
                raise InvalidInput("schedule-set-part", name=each.name, given=shown(value))

    def at(self, step: int, base: float, scale: float = 1.0) -> float:
        """The rate of a group at a step.

        Args:
            step: Optimizer step.
            base: The group's base rate.
            scale: One more factor of the group's own, as in layer-wise decay.

        Raises:
            InvalidInput: As `Schedule.at`.
        """
        rate = self.factor.at(step) * finite_number("base", base) * finite_number("scale", scale)
        rate += 0.0 if self.addend is None else self.addend.at(step)
        if self.low is not None:
            rate = max(rate, self.low.at(step))
        return rate if self.high is None else min(rate, self.high.at(step))

    def curve(self, steps: int, base: float, scale: float = 1.0, first: int = 0) -> "NDArray[np.float64]":
        """The rates of a group at `steps` steps from `first` on.

        Raises:
            InvalidInput: As `Schedule.curve`.
        """
        import numpy as np

        rates = self.factor.curve(steps, first) * finite_number("base", base) * finite_number("scale", scale)
        if self.addend is not None:
            rates = rates + self.addend.curve(steps, first)
        if self.low is not None:
            rates = np.maximum(rates, self.low.curve(steps, first))
        return rates if self.high is None else np.minimum(rates, self.high.curve(steps, first))


def with_floor(factor: Schedule, floor: float) -> GroupSchedule:
    """The factor of every base rate, from the base down to one absolute floor: floor + (base - floor) · factor.

    Args:
        factor: From 1 (the base rate) to 0 (the floor).
        floor: An absolute rate.

    Raises:
        InvalidInput: A floor that is no finite number.
    """
    return GroupSchedule(factor, factor.affine(-finite_number("floor", floor), floor))


def bind_group(
    schedule: GroupSchedule,
    horizon: int,
    *,
    steps_per_epoch: float | None = None,
    tokens_per_step: float | None = None,
) -> GroupSchedule:
    """Every part bound to one run; see `bind`.

    Raises:
        InvalidInput: As `bind`.
    """

    def bound(part: Schedule) -> Schedule:
        return bind(part, horizon, steps_per_epoch=steps_per_epoch, tokens_per_step=tokens_per_step)

    others = (part and bound(part) for part in (schedule.addend, schedule.low, schedule.high))
    return GroupSchedule(bound(schedule.factor), *others)
