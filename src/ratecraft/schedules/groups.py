"""One schedule for parameter groups with different base rates, and a floor shared by all of them.

Path:   a factor, what is added, and limits -> the rate of each group.
Units:  rates are absolute. rate(t) = clamp(factor(t) · base · scale + addend(t), low(t), high(t)).

One factor alone can't express an absolute floor for groups of different bases: base · (r + (1 - r) · shape) has a floor
of base · r. With a floor m, factor is the shape S and addend is m · (1 - S).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.horizon import bound
from ratecraft.schedules.lengths import finite_number, shown, whole_number
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.spec import Functions, from_json, to_json
from ratecraft.schedules.trees.nodes import Schedule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        >>> from ratecraft.schedules.builders.constructors import cosine
        >>> planned = with_floor(cosine(1, 0, 100), 0.001)
        >>> planned.at(100, base=0.1), planned.at(100, base=0.02), planned.at(0, base=0.02)
        (0.001, 0.001, 0.02)
    """

    factor: Schedule
    addend: Schedule | None = None
    low: Schedule | None = None
    high: Schedule | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, Schedule) and (value is not None or field.name == "factor"):
                raise InvalidInput("schedule-set-part", name=field.name, given=shown(value))

    def at(self, step: int, base: float, scale: float = 1.0) -> float:
        """The rate of a group at a step.

        Args:
            step: Optimizer step.
            base: The group's base rate.
            scale: One more factor of the group's own, as in layer-wise decay.

        Raises:
            InvalidInput: Same as `Schedule.at`.
        """
        rate = self.factor.at(step) * finite_number("base", base) * finite_number("scale", scale)
        rate += 0.0 if self.addend is None else self.addend.at(step)
        if self.low is not None:
            rate = max(rate, self.low.at(step))
        return rate if self.high is None else min(rate, self.high.at(step))

    def curve(self, steps: int, base: float, scale: float = 1.0, first: int = 0) -> "NDArray[np.float64]":
        """The rates of a group at `steps` steps from `first` on.

        Raises:
            InvalidInput: Same as `Schedule.curve`.
        """
        import numpy as np

        rates = self.factor.curve(steps, first) * finite_number("base", base) * finite_number("scale", scale)
        if self.addend is not None:
            rates = rates + self.addend.curve(steps, first)
        if self.low is not None:
            rates = np.maximum(rates, self.low.curve(steps, first))
        return rates if self.high is None else np.minimum(rates, self.high.curve(steps, first))

    def bind(
        self,
        horizon: int,
        *,
        steps_per_epoch: float | None = None,
        batch_size: float | None = None,
        tokens_per_step: float | None = None,
    ) -> "GroupSchedule":
        """Every part bound to one run; see `horizon.bind`.

        Raises:
            InvalidInput: Same as `horizon.bind`.
        """
        sizes = Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step)
        run = sizes.over(horizon)
        return GroupSchedule(**{name: bound(part, run) for name, part in self._parts()})

    def to_json(self) -> dict[str, Any]:
        """The schedule as plain values: the JSON of each part that is there.

        Example:
            >>> GroupSchedule(constant(0.1)).to_json()
            {'factor': {'version': 1, 'kind': 'const', 'value': 0.1}}
        """
        return {name: to_json(part) for name, part in self._parts()}

    @staticmethod
    def from_json(plain: Mapping[str, Any], functions: Functions | None = None) -> "GroupSchedule":
        """The schedule that `to_json` wrote.

        Args:
            plain: What it wrote.
            functions: Functions that the schedule names.

        Raises:
            StudyError: Written by a newer version.
            InvalidInput: Not what `to_json` writes.
        """
        names = [field.name for field in fields(GroupSchedule)]
        is_one = (
            isinstance(cast("object", plain), Mapping) and "factor" in plain and all(name in names for name in plain)
        )
        if not is_one:
            raise InvalidInput("schedule-json-group", given=shown(plain))
        return GroupSchedule(**{name: from_json(part, functions) for name, part in plain.items()})

    def _parts(self) -> list[tuple[str, Schedule]]:
        parts = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(name, part) for name, part in parts if part is not None]


def with_floor(factor: Schedule, floor: float) -> GroupSchedule:
    """The factor of every base rate, from the base down to one absolute floor: floor + (base - floor) · factor.

    Args:
        factor: From 1 (the base rate) to 0 (the floor).
        floor: An absolute rate.

    Raises:
        InvalidInput: A floor that is not a finite number.
    """
    return GroupSchedule(factor, factor.affine(-finite_number("floor", floor), floor))


def unfreezing(groups: int, every: int, factor: Schedule | None = None) -> tuple[Schedule, ...]:
    """Gradual unfreezing: one factor a group, in the order from input to output. The last group learns from step 0 on.

    Each group before it has the rate 0 for `every` steps longer than the one behind it, and follows the common factor
    from then on. Such a factor is that of a `GroupSchedule`, or goes with the others to torch's `LambdaLR`.

    Args:
        groups: Number of groups.
        every: Steps from one to the next; in ULMFiT (Howard & Ruder 2018) an epoch.
        factor: The common factor of the base rates; None for 1 throughout.

    Raises:
        InvalidInput: Fewer than one group, or fewer than no steps.

    Example:
        >>> [[each.at(step) for each in unfreezing(3, every=10)] for step in (0, 10, 20)]
        [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    count, steps = whole_number("groups", groups, least=1), whole_number("every", every, least=0)
    common = constant(1.0) if factor is None else factor
    waits = [steps * (count - 1 - place) for place in range(count)]
    return tuple(_after(wait, common) for wait in waits)


def _after(wait: int, common: Schedule) -> Schedule:
    return (constant(0.0, wait) >> constant(1.0)) * common if wait else common
