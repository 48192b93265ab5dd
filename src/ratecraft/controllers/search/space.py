"""What a search may try: parameters of the plan and of the script's command line, each with its range or choices.

Path:   command line, TOML, Python (`reading`) -> a `Space` -> points of the unit cube, or a grid -> values.
Units:  rates are absolute, peaks of the leading group; a warm-up is a share of the run.

A parameter with a condition is active only while another one has certain values. An inactive parameter has no value at
all, so two trials that would differ only in it are the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ratecraft.errors import InvalidInput
from ratecraft.records.numbers import is_number
from ratecraft.records.trials import Axis

Values = Mapping[str, Any]
"""Parameter to value, for the active ones."""

HYPERPARAMETERS: Mapping[str, bool] = {
    "rate": True,
    "schedule": False,
    "warm_up": False,
    "momentum": False,
    "beta2": False,
    "weight_decay": True,
}
"""Parameters of a plan, and whether their ranges are spread over the logarithm. All others are arguments."""

_SHARES = ("warm_up", "momentum", "beta2")


@dataclass(frozen=True, slots=True)
class Condition:
    """A parameter is active while another one has one of these values."""

    name: str
    among: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter that a search varies: between two ends, or among choices.

    Attributes:
        name: `rate`, `schedule`, `warm_up`, `momentum`, `beta2`, `weight_decay`, or any name for an argument.
        low: Lowest value of a range.
        high: Highest.
        is_log: The range is spread over its logarithm.
        is_integer: Only whole numbers.
        choices: All its values, if it is not a range.
        argument: The script's argument, such as `--batch-size`; one that ends in `=` forms one word with its value.
        when: It is active only where all of these hold.

    Raises:
        InvalidInput: An invalid range, no choices or repeated ones, or a value that it cannot have.

    Example:
        >>> rate = Parameter(name="rate", low=1e-4, high=1e-2, is_log=True)
        >>> rate.at(0.5), rate.places(3)
        (0.001, (0.0001, 0.001, 0.01))
    """

    name: str
    low: float | None = None
    high: float | None = None
    is_log: bool = False
    is_integer: bool = False
    choices: tuple[Any, ...] = ()
    argument: str = ""
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.argument and self.name not in HYPERPARAMETERS:
            raise InvalidInput("space-name", name=self.name, allowed=", ".join(HYPERPARAMETERS))
        if self.is_range:
            self._check_range()
        elif not self.choices:
            raise InvalidInput("space-nothing", name=self.name)
        elif len(set(map(repr, self.choices))) < len(self.choices):
            raise InvalidInput("space-choice-twice", name=self.name, choices=", ".join(map(str, self.choices)))
        for value in (self.low, self.high) if self.is_range else self.choices:
            self._check_value(value)

    @property
    def axis(self) -> Axis:
        """Its description in the answer."""
        return Axis(self.name, self.low, self.high, self.is_log, self.is_integer, self.choices)

    @property
    def is_range(self) -> bool:
        """Whether it lies between two ends."""
        return self.low is not None or self.high is not None

    @property
    def is_shape(self) -> bool:
        """Whether its values are expressions of schedules rather than words of the script."""
        return self.name == "schedule" and not self.argument

    def at(self, share: float) -> Any:
        """The value at a share, from 0 to below 1, of its range or its choices."""
        if not self.is_range:
            return self.choices[int(share * len(self.choices))]
        low, high = self._ends()
        if self.is_integer:  # each whole number gets the (log) interval that reaches half-way to its neighbours
            return min(max(math.floor(self._between(low - 0.5, high + 0.5, share) + 0.5), int(low)), int(high))
        return self._between(low, high, share)

    def places(self, count: int) -> tuple[Any, ...]:
        """The values of a grid: all choices, or `count` points of the range, both ends included."""
        if not self.is_range:
            return self.choices
        low, high = self._ends()
        shares = [0.5] if count == 1 else [place / (count - 1) for place in range(count)]
        values = [self._between(low, high, share) for share in shares]
        return tuple(dict.fromkeys(round(value) for value in values) if self.is_integer else values)

    def size(self, count: int) -> int:
        """The largest number of values it has in a grid that gives a range `count` points."""
        if not self.is_range:
            return len(self.choices)
        low, high = self._ends()
        return min(count, int(high - low) + 1) if self.is_integer else count

    def is_there(self, values: Values) -> bool:
        """Whether it is active with these values."""
        return all(condition.name in values and values[condition.name] in condition.among for condition in self.when)

    def _between(self, low: float, high: float, share: float) -> float:
        if share in (0, 1):
            return (low, high)[int(share)]
        exact = low * (high / low) ** share if self.is_log else low + (high - low) * share
        return min(max(float(f"{exact:.6g}"), low), high)  # six digits are finer than any effect

    def _ends(self) -> tuple[float, float]:
        assert self.low is not None  # noqa: S101 - told by `_check_range`
        assert self.high is not None  # noqa: S101
        return self.low, self.high

    def _check_range(self) -> None:
        low, high = self.low, self.high
        if self.choices or low is None or high is None or self.name == "schedule":
            raise InvalidInput("space-nothing", name=self.name)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise InvalidInput("space-range", name=self.name, low=low, high=high)
        if self.is_log and low <= 0:
            raise InvalidInput("space-log", name=self.name, low=low)

    def _check_value(self, value: Any) -> None:
        if self.name != "rate" and (self.argument or self.name == "schedule"):
            return
        least, below = (0, 1) if self.name in _SHARES else (0, math.inf)
        if not is_number(value) or not least <= value < below or (self.name == "rate" and value == 0):
            raise InvalidInput("space-value", name=self.name, given=value)


@dataclass(frozen=True, slots=True)
class Space:
    """All that a search varies. A parameter named in a condition comes before those that depend on it.

    Raises:
        InvalidInput: A repeated name, or a condition on a parameter that is missing or comes later.

    Example:
        >>> space = Space((Parameter(name="rate", choices=(0.1, 0.01)), Parameter(name="momentum", low=0.8, high=0.9)))
        >>> space.values((0.7, 0.5))
        {'rate': 0.01, 'momentum': 0.85}
        >>> len(space.grid(6))
        6
    """

    parameters: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        before: dict[str, Parameter] = {}
        for parameter in self.parameters:
            if parameter.name in before:
                raise InvalidInput("space-twice", name=parameter.name)
            for condition in parameter.when:
                on = before.get(condition.name)
                if on is None or (on.choices and not set(condition.among) <= set(on.choices)):
                    raise InvalidInput(
                        "space-when", name=parameter.name, on=condition.name, among=", ".join(map(str, condition.among))
                    )
            before[parameter.name] = parameter

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that are arguments of the script."""
        return tuple(parameter for parameter in self.parameters if parameter.argument)

    def values(self, point: Sequence[float]) -> dict[str, Any]:
        """The values at a point of the unit cube, which has a coordinate for every parameter."""
        found: dict[str, Any] = {}
        for parameter, share in zip(self.parameters, point, strict=True):
            if parameter.is_there(found):
                found[parameter.name] = parameter.at(share)
        return found

    def grid(self, most: int | None) -> tuple[dict[str, Any], ...]:
        """Every combination of all choices and of evenly spaced points of the ranges.

        Args:
            most: The largest number of trials: each range gets the same number of points, as many as that allows and at
                least two. None is for a space without ranges.

        Raises:
            InvalidInput: There are more combinations than that (`grid-too-large`).
        """
        count = 1
        if any(parameter.is_range for parameter in self.parameters):
            count = 2 if most != 1 else 1
            while count < (most or 0) and math.prod(parameter.size(count + 1) for parameter in self.parameters) <= (
                most or 0
            ):
                count += 1
        cells = self._cells(count)
        if most is not None and len(cells) > most:
            raise InvalidInput("grid-too-large", cells=len(cells), trials=most)
        return cells

    def _cells(self, count: int) -> tuple[dict[str, Any], ...]:
        found: dict[tuple[tuple[str, Any], ...], dict[str, Any]] = {}
        for combination in product(*(parameter.places(count) for parameter in self.parameters)):
            values: dict[str, Any] = {}
            for parameter, value in zip(self.parameters, combination, strict=True):
                if parameter.is_there(values):
                    values[parameter.name] = value
            found.setdefault(tuple(values.items()), values)
        return tuple(found.values())
