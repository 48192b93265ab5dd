"""The values of a step, written into the parameter groups of an optimizer.

Path:   schedules and the groups' base rates -> `write` at each step -> the entries of `optimizer.param_groups`.
Units:  `rate` is a factor of each group's base rate, or what a `GroupSchedule` makes of it; every other schedule gives
        the value itself.

Names of schedules: `rate`; `momentum`, which is the first of `betas` where an optimizer has those; `beta2`, the second
of them; and any other entry that all groups have, such as `weight_decay`. A value that is a tensor is filled in place
and stays the same tensor: compiled optimizers hold on to it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import torch

from ratecraft.errors import InvalidInput
from ratecraft.schedules.groups import GroupSchedule
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.stepping import stepper

__all__ = ["GroupValues"]

_NO_LIMITS: Final = (None, None, None)
_BETAS: Final = {"momentum": 0, "beta2": 1}

_Entries: TypeAlias = dict[str, Any]  # a parameter group of torch


class GroupValues:
    """What schedules say at a step, for the groups of an optimizer. It remembers nothing of other steps."""

    __slots__ = ("_factor", "_limits", "_others")

    def __init__(self, rate: GroupSchedule | None, others: Mapping[str, Schedule], groups: Sequence[_Entries]) -> None:
        self._factor = None if rate is None else _checked(rate.factor)
        limits = (None, None, None) if rate is None else (rate.addend, rate.low, rate.high)
        self._limits = tuple(None if each is None else _checked(each) for each in limits)
        self._others = [(_checked(schedule), *_place(name, groups)) for name, schedule in others.items()]

    def write(self, groups: Sequence[_Entries], base_rates: Sequence[float], step: int) -> None:
        """Put the values of a step into the groups."""
        if self._limits != _NO_LIMITS:
            _write_any(groups, self.rates(base_rates, step))
        elif self._factor is not None:
            factor = self._factor(step)
            for group, base in zip(groups, base_rates, strict=True):
                if group["lr"].__class__ is not float:
                    _write_any(groups, [factor * each for each in base_rates])
                    break
                group["lr"] = factor * base
        for value_at, name, index in self._others:
            value = value_at(step)
            for group in groups:
                _put(group, name, index, value)

    def rates(self, base_rates: Iterable[float], step: int) -> list[float]:
        """The groups' rates at a step; their base rates where no schedule is for them."""
        if self._factor is None:
            return list(base_rates)
        factor = self._factor(step)
        addend, low, high = (None if each is None else each(step) for each in self._limits)
        rates = [factor * base if addend is None else factor * base + addend for base in base_rates]
        rates = rates if low is None else [max(rate, low) for rate in rates]
        return rates if high is None else [min(rate, high) for rate in rates]


def _checked(schedule: Schedule) -> Callable[[int], float]:
    """`at` for every step of a training loop, at a fraction of its cost."""
    value_at, finite = stepper(schedule), math.isfinite

    def checked(step: int) -> float:
        value = value_at(step)
        return value if finite(value) else schedule.at(step)  # which refuses it

    return checked


def _write_any(groups: Sequence[_Entries], rates: Sequence[float]) -> None:
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


def _place(name: str, groups: Sequence[_Entries]) -> tuple[str, int | None]:
    """The entry of the groups that a schedule is for, and the index within it."""
    if name in _BETAS and all("betas" in group for group in groups):
        return "betas", _BETAS[name]
    if name in {"lr", "params"} or not all(name in group for group in groups):
        common = set[str]().union(*groups).intersection(*groups) - {"lr", "params", "initial_lr", "betas"}
        betas = set(_BETAS) if all("betas" in group for group in groups) else set[str]()
        raise InvalidInput("attach-name", name=name, allowed=", ".join(["rate", *sorted(common | betas)]))
    return name, None


def _put(group: _Entries, name: str, index: int | None, value: float) -> None:
    old = group[name] if index is None else group[name][index]
    if isinstance(old, torch.Tensor):
        old.fill_(value)
    elif index is None:
        group[name] = value
    else:
        pair = list(group[name])
        pair[index] = value
        group[name] = tuple(pair)
