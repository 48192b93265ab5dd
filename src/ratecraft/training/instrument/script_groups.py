"""The parameter groups of a script's optimizers, with the values they were created with.

Path:   an optimizer that was made -> its groups -> the rates that the script itself writes, group by group.
Units:  rates as the script has them; a ratio is that of a group's own rate to the leading group's.
"""

import math
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Optimizer

from ratecraft.records.outcome import Group
from ratecraft.training.instrument.hyperparameters import Entries
from ratecraft.training.instrument.model_facts import group_settings

MOMENTA = ("momentum", "betas", "mom")  # the last is fastai's

Place = tuple[Optimizer, int]
"""An optimizer, and the index of one of its groups."""


@dataclass(slots=True)
class AsMade:
    """One group as it was made, and its last ratio to the leading group.

    Attributes:
        base_rate: Its rate, from before any scheduler.
        momenta: Its momentum, or its betas.
        ratio: Its own rate over the leading group's at the last step; None before its first.
    """

    base_rate: float
    momenta: dict[str, Any]
    ratio: float | None = None


class ScriptGroups:
    """All groups of all optimizers of a script; optimizers are held weakly.

    Attributes:
        has_optimizer: One was made.
    """

    def __init__(self) -> None:
        self.has_optimizer = False
        self._made: weakref.WeakKeyDictionary[Optimizer, list[AsMade]] = weakref.WeakKeyDictionary()

    def made(self, optimizer: Optimizer) -> None:
        """A group was added to an optimizer, with its original values, before any scheduler."""
        self.has_optimizer = True
        known = self._made.setdefault(optimizer, [])
        for group in optimizer.param_groups[len(known) :]:
            momenta = {name: group[name] for name in MOMENTA if name in group}
            known.append(AsMade(float(group.get("lr", math.nan)), momenta))

    def optimizers(self) -> tuple[Optimizer, ...]:
        """The optimizers that were created and still exist."""
        return tuple(self._made)

    def places(self) -> Iterator[Place]:
        """The place of each group, whose number is its position in this list."""
        for optimizer, known in list(self._made.items()):
            yield from ((optimizer, index) for index in range(len(known)))

    def of(self, optimizer: Optimizer) -> Iterator[tuple[Entries, AsMade]]:
        """Each group with what is known about it, by position: loading a state replaces the group's dictionary."""
        known = self._made.get(optimizer, ())
        if len(known) < len(optimizer.param_groups):  # a deep copy of an optimizer is not made group by group
            self.made(optimizer)
            known = self._made[optimizer]
        return zip(optimizer.param_groups, known, strict=True)

    def own_rate(self, optimizer: Optimizer, index: int) -> float:
        """The rate that the script itself has written for a group."""
        return own_rate_of(optimizer.param_groups[index], self._made[optimizer][index])

    def told(self, leading: Place | None) -> tuple[tuple[Group, ...], int]:
        """The groups of live optimizers with their last ratio, and the index of the leading one.

        A group that an optimizer shares with one that it wraps is listed once.
        """
        met = dict[int, Place]()
        places = [place for place in self.places() if met.setdefault(_identity(*place), place) is place]
        numbers = {
            id(optimizer): number for number, optimizer in enumerate({id(place): place for place, _ in places}.values())
        }
        lead_rate = 0.0 if leading is None else self.own_rate(*leading)
        groups: list[Group] = []
        for optimizer, index in places:
            group, known = optimizer.param_groups[index], self._made[optimizer][index]
            ratio = known.ratio
            if ratio is None and lead_rate > 0 and "lr" in group:  # it has not stepped yet
                ratio = own_rate_of(group, known) / lead_rate
            settings = group_settings(group | known.momenta)
            name = type(optimizer).__name__
            ratio, number = 1.0 if ratio is None else ratio, numbers[id(optimizer)]
            groups.append(Group(trained_values(group), known.base_rate, ratio, name, settings, number))
        led = leading and met.get(_identity(*leading))
        return tuple(groups), places.index(led) if led in places else 0


def own_rate_of(group: Entries, known: AsMade) -> float:
    """The group's own rate."""
    value = group.get("lr", math.nan)
    if type(value) is float:
        return value
    if isinstance(value, torch.Tensor) and value.device.type != "cpu":
        return known.base_rate  # reading a device tensor would wait for the device at every step
    return float(value)


def trained_values(group: Entries) -> int:
    """How many values of a group are trained; the leading one has the most."""
    return sum(parameter.numel() for parameter in group["params"] if parameter.requires_grad)


def _identity(optimizer: Optimizer, index: int) -> int:
    return id(optimizer.param_groups[index])
