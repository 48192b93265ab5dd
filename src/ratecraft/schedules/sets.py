"""Schedules for several hyperparameters (rate, momentum, β1, β2, weight decay) that share one step count.

Path:   constructors, text or JSON -> a set -> bound to a run -> values at a step, by name.
Units:  steps are optimizer steps. The rate may be a factor of a rate that is chosen later; the others are absolute.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bound
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.spec import Functions, from_json, to_json
from ratecraft.schedules.stretching import Keep, rebind
from ratecraft.schedules.trees.nodes import Schedule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@final
@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScheduleSet(Mapping[str, Schedule]):
    """Names of hyperparameters -> their schedules. Immutable and hashable; equal whatever the order of the names.

    Multiplying it by a number scales the rate and nothing else.

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, cosine
        >>> planned = ScheduleSet(rate=cosine(1, 0, 100), momentum=constant(0.9))
        >>> planned.at(0)
        {'momentum': 0.9, 'rate': 1.0}
        >>> 0.1 * planned
        ScheduleSet(momentum=constant(0.9), rate=0.1 * cosine(1, 0, 100))
    """

    pairs: tuple[tuple[str, Schedule], ...]

    def __init__(self, schedules: Mapping[str, Schedule] | None = None, /, **named: Schedule) -> None:
        if schedules is not None and not isinstance(cast("object", schedules), Mapping):
            raise InvalidInput("schedule-set-name", given=shown(schedules))
        given: dict[Any, Any] = {**(schedules or {}), **named}
        if not given:
            raise InvalidInput("schedule-set-empty")
        for name, schedule in given.items():
            if not isinstance(name, str) or not name.isidentifier():
                raise InvalidInput("schedule-set-name", given=shown(name))
            if not isinstance(schedule, Schedule):
                raise InvalidInput("schedule-set-part", name=name, given=shown(schedule))
        object.__setattr__(self, "pairs", tuple(sorted(given.items())))

    @property
    def rate(self) -> Schedule:
        """The learning rate's.

        Raises:
            InvalidInput: There is none.
        """
        return self["rate"]

    @property
    def needs_horizon(self) -> bool:
        """Whether one of the schedules does."""
        return any(schedule.needs_horizon for schedule in self.values())

    @property
    def others(self) -> dict[str, Schedule]:
        """All schedules except the rate's."""
        return {name: schedule for name, schedule in self.pairs if name != "rate"}

    @property
    def expression(self) -> str:
        """What `parse_set` reads as this set: of the rate alone its own expression.

        Example:
            >>> from ratecraft.schedules.builders.constructors import cosine
            >>> ScheduleSet(rate=cosine()).expression
            'cosine(1, 0)'
        """
        return repr(self.rate) if list(self) == ["rate"] else repr(self)

    def at(self, step: int) -> dict[str, float]:
        """The value of each at a step.

        Raises:
            InvalidInput: Same as `Schedule.at`.
        """
        return {name: schedule.at(step) for name, schedule in self.pairs}

    def curve(self, steps: int, first: int = 0) -> "dict[str, NDArray[np.float64]]":
        """The values of each at `steps` steps from `first` on.

        Raises:
            InvalidInput: Same as `Schedule.curve`.
        """
        return {name: schedule.curve(steps, first) for name, schedule in self.pairs}

    def bind(
        self,
        horizon: int,
        *,
        steps_per_epoch: float | None = None,
        batch_size: float | None = None,
        tokens_per_step: float | None = None,
    ) -> "ScheduleSet":
        """Every schedule bound to one run; see `horizon.bind`.

        Raises:
            InvalidInput: Same as `horizon.bind`.
        """
        sizes = Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step)
        run = sizes.over(horizon)
        return ScheduleSet({name: bound(schedule, run) for name, schedule in self.pairs})

    def rebind(
        self, horizon: int, *, done: int, new_horizon: int, keep: Keep = "position", **known: float | None
    ) -> "ScheduleSet":
        """Every schedule for a run of another length; see `stretching.rebind`.

        Raises:
            InvalidInput: Same as `stretching.rebind`.
        """
        how: Any = {"done": done, "new_horizon": new_horizon, "keep": keep, **known}
        return ScheduleSet({name: rebind(schedule, horizon, **how) for name, schedule in self.pairs})

    def to_json(self) -> dict[str, Any]:
        """The set as plain values: the JSON of each schedule by its name.

        Example:
            >>> from ratecraft.schedules.builders.constructors import constant
            >>> ScheduleSet(rate=constant(0.1)).to_json()
            {'schedules': {'rate': {'version': 1, 'kind': 'const', 'value': 0.1}}}
        """
        return {"schedules": {name: to_json(schedule) for name, schedule in self.pairs}}

    @staticmethod
    def from_json(plain: Mapping[str, Any], functions: Functions | None = None) -> "ScheduleSet":
        """The set that `to_json` wrote.

        Args:
            plain: What it wrote.
            functions: Functions that the schedules name.

        Raises:
            StudyError: Written by a newer version.
            InvalidInput: Not what `to_json` writes.
        """
        given = cast("object", plain)
        inner = plain.get("schedules") if isinstance(given, Mapping) else None
        if not isinstance(inner, Mapping) or len(plain) != 1:
            raise InvalidInput("schedule-json-set", given=shown(plain))
        named = cast("Mapping[str, Any]", inner)
        return ScheduleSet({name: from_json(value, functions) for name, value in named.items()})

    def __getitem__(self, name: str) -> Schedule:
        for pair, schedule in self.pairs:
            if pair == name:
                return schedule
        raise InvalidInput("schedule-set-missing", given=shown(name), allowed=", ".join(self))

    def __contains__(self, name: object) -> bool:
        return any(pair == name for pair, _ in self.pairs)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __mul__(self, scale: float) -> "ScheduleSet":
        if not isinstance(cast("object", scale), Real):
            return NotImplemented
        return ScheduleSet({**self, "rate": scale * self.rate})

    def __rmul__(self, scale: float) -> "ScheduleSet":
        return self * scale

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction] - notebooks call it
        """What notebooks show: every schedule with its name and its own picture."""
        shown = {name: schedule._repr_html_() for name, schedule in self.pairs}  # pyright: ignore[reportPrivateUsage]
        return "".join(f"<div>{name}: {picture}</div>" for name, picture in shown.items())

    def __repr__(self) -> str:
        return f"ScheduleSet({', '.join(f'{name}={schedule!r}' for name, schedule in self.pairs)})"


def set_of(schedule: Schedule | ScheduleSet) -> ScheduleSet:
    """The set that is meant: a schedule alone is that of the rate."""
    return ScheduleSet(rate=schedule) if isinstance(schedule, Schedule) else schedule
