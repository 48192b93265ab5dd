"""Writes the values of a step into the parameter groups of an optimizer.

Path:   schedules and the groups' base rates -> `write` at each step -> the entries of `optimizer.param_groups`.
Units:  `rate` is a factor of each group's base rate, or what a `GroupSchedule` makes of it; every other schedule gives
        the value itself.

Names of schedules: `rate`, and those of `hyperparameters` that all groups have. A value that is a tensor is filled in
place and stays the same tensor: compiled optimizers hold on to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import torch

from ratecraft.errors import InvalidInput
from ratecraft.schedules.groups import GroupSchedule
from ratecraft.schedules.lengths import finite_number, whole_number
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.hyperparameters import Entries, decaying, hyperparameters, place_of, put

_NO_LIMITS: Final = (None, None, None)


class GroupValues:
    """The values of schedules at a step, for the groups of an optimizer. Keeps no state between steps."""

    __slots__ = ("_factor", "_limits", "_others")

    def __init__(self, rate: GroupSchedule | None, others: Mapping[str, Schedule], groups: Sequence[Entries]) -> None:
        self._factor = None if rate is None else _reader(rate.factor)
        limits = (None, None, None) if rate is None else (rate.addend, rate.low, rate.high)
        self._limits = tuple(None if limit is None else _reader(limit) for limit in limits)
        self._others = [
            (_reader(schedule), *_place(name, groups), _spared(groups) if name == "weight_decay" else ())
            for name, schedule in others.items()
        ]

    def write(self, groups: Sequence[Entries], base_rates: Sequence[float], step: int) -> None:
        """Write the values of a step into the groups."""
        if self._limits != _NO_LIMITS:
            _write_any(groups, self.rates(base_rates, step))
        elif self._factor is not None:
            factor = self._factor(step)
            for group, base in zip(groups, base_rates, strict=True):
                if group["lr"].__class__ is not float:
                    _write_any(groups, [factor * rate for rate in base_rates])
                    break
                group["lr"] = factor * base
        for value_at, entry, index, spared in self._others:
            value = value_at(step)
            for number, group in enumerate(groups):
                if number not in spared:
                    put(group, entry, index, value)

    def rates(self, base_rates: Iterable[float], step: int) -> list[float]:
        """The groups' rates at a step; their base rates if they have no schedule."""
        if self._factor is None:
            return list(base_rates)
        factor = self._factor(step)
        addend, low, high = (None if limit is None else limit(step) for limit in self._limits)
        rates = [factor * base if addend is None else factor * base + addend for base in base_rates]
        rates = rates if low is None else [max(rate, low) for rate in rates]
        return rates if high is None else [min(rate, high) for rate in rates]


class GroupLead:
    """Applies schedules to the groups of an optimizer that is not torch's, and so takes no torch scheduler.

    Args:
        optimizer: Its groups get the values of step 0 at once.
        schedules: Absolute values of the leading group, by name.
        ratios: Each group's rate over that of the leading one.

    Raises:
        InvalidInput: It has another number of groups, or lacks a hyperparameter that has a schedule.
    """

    def __init__(self, optimizer: Any, schedules: Mapping[str, Schedule], ratios: Sequence[float]) -> None:
        self._optimizer = optimizer
        rate, others = schedules.get("rate"), {name: each for name, each in schedules.items() if name != "rate"}
        groups = optimizer.param_groups
        self._values = GroupValues(None if rate is None else GroupSchedule(rate), others, groups)
        self._ratios = per_group(ratios, len(groups))
        self.go_to(0)

    def go_to(self, step: int) -> None:
        """Set the groups to the values of a step."""
        self._values.write(self._optimizer.param_groups, self._ratios, whole_number("step", step))

    def get_last_lr(self) -> list[Any]:
        """The current rates of the groups."""
        return [group["lr"] for group in self._optimizer.param_groups]


def per_group(values: Sequence[float], groups: int) -> list[float]:
    """One value per group; a single value counts for all of them.

    Raises:
        InvalidInput: Another number of them, or one that isn't finite.
    """
    if len(values) not in (1, groups):
        raise InvalidInput("attach-groups", given=len(values), groups=groups)
    checked = [finite_number("base_rates", each) for each in values]
    return checked if len(checked) == groups else checked * groups


def _reader(schedule: Schedule) -> Callable[[int], float]:
    schedule.stepper()  # which refuses what isn't bound, before any step is made
    return schedule.at


def _write_any(groups: Sequence[Entries], rates: Sequence[float]) -> None:
    """Put rates into groups of which some have theirs as a tensor: all of these in one operation."""
    filled: list[tuple[torch.Tensor, float]] = []
    for group, rate in zip(groups, rates, strict=True):
        if isinstance(group["lr"], torch.Tensor):
            filled.append((group["lr"], rate))
        else:
            group["lr"] = rate
    with torch.no_grad():
        if len(filled) == 1:
            filled[0][0].fill_(filled[0][1])
        elif filled:
            tensors, values = zip(*filled, strict=True)
            source = torch.tensor(values, dtype=tensors[0].dtype).to(tensors[0].device, non_blocking=True)
            torch._foreach_copy_(tensors, source.unbind())  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]


def _spared(groups: Sequence[Entries]) -> tuple[int, ...]:
    """The groups that a schedule of the weight decay leaves alone."""
    return tuple(number for number, decays in enumerate(decaying(groups)) if not decays)


def _place(name: str, groups: Sequence[Entries]) -> tuple[str, int | None]:
    """The one place that all groups have for a schedule."""
    places = {place_of(name, group) for group in groups}
    place = places.pop() if len(places) == 1 else None
    if place is None:
        rate, *others = hyperparameters(groups)
        common = [other for other in others if all(place_of(other, group) for group in groups)]
        raise InvalidInput("attach-name", name=name, allowed=", ".join([rate, *common]))
    return place
