"""The leading group of a script's optimizers, whose rate the schedule gives, and the script's own rate for it.

Path:   the groups of all optimizers -> the one with most trainable values -> its own rate, step by step.
Units:  rates as the script has them.

It is chosen among the groups whose own rate is > 0 at the first step where there is one. An optimizer that takes its
parameters over later leads on, and so does one that still steps when the leading one's phase is over: pre-training and
fine-tuning in one script.
"""

import math
import weakref
from collections.abc import Callable

import torch
from torch.optim import Optimizer

from ratecraft.training.instrument.script_groups import Place, ScriptGroups, trained_values


class LeadingGroup:
    """Chooses the leading group, and follows its own rate.

    Args:
        groups: The groups of all optimizers.

    Attributes:
        rate: The leading group's own rate at the last step; 0 before the first.
        largest: The largest rate > 0 that the script wrote for it; None while there is none.
    """

    def __init__(self, groups: ScriptGroups) -> None:
        self._groups = groups
        self.rate: float = 0.0
        self.largest: float | None = None
        self._place: tuple[weakref.ref[Optimizer], int] | None = None
        self._parameter: torch.Tensor | None = None
        self._next: weakref.ref[Optimizer] | None = None

    def place(self) -> Place | None:
        """The leading group's place. Chosen at the first call; None while no group has had a rate > 0."""
        if self._place is not None:
            optimizer = self._place[0]()
            if optimizer is not None:
                return optimizer, self._place[1]
        able = [place for place in self._groups.places() if self._groups.own_rate(*place) > 0]
        if not able:
            return None
        optimizer, index = max(able, key=lambda place: trained_values(place[0].param_groups[place[1]]))
        self._place = (weakref.ref(optimizer), index)
        self._parameter = next(iter(optimizer.param_groups[index]["params"]), None)
        return optimizer, index

    def hand_on(self, optimizer: Optimizer) -> None:
        """An optimizer steps for the first time: it leads from now on if it has the leading group's parameters."""
        if self._parameter is None:
            return
        for index, group in enumerate(optimizer.param_groups):
            if any(parameter is self._parameter for parameter in group["params"]) and "lr" in group:
                self._place = (weakref.ref(optimizer), index)

    def pass_on(self, optimizer: Optimizer, in_use: Callable[[Optimizer], bool]) -> None:
        """An optimizer opens a round: its largest group takes over if the leading optimizer no longer steps."""
        leader = None if self._place is None else self._place[0]()
        if leader is None or leader is optimizer or in_use(leader):
            return
        index = self._largest_of(optimizer)
        if index is not None:
            self._place = (weakref.ref(optimizer), index)
            self._parameter = next(iter(optimizer.param_groups[index]["params"]), None)

    def told(self, optimizer: Optimizer, own: float, *, is_next: bool) -> float:
        """The rate that is told of a step: that of the optimizer that seems to have taken over, before it leads.

        Args:
            optimizer: The one that steps.
            own: The leading group's own rate.
            is_next: It steps for the first time, in a round of its own, after others have.
        """
        if self._place is None or self._place[0]() is optimizer:
            self._next = None
        elif is_next:
            self._next = weakref.ref(optimizer)
        if self._next is None or self._next() is not optimizer:
            return own
        index = self._largest_of(optimizer)
        return own if index is None else self._groups.own_rate(optimizer, index)

    def _largest_of(self, optimizer: Optimizer) -> int | None:
        """The group of an optimizer with most trainable values and a rate > 0."""
        groups = range(len(optimizer.param_groups))
        able = [index for index in groups if self._groups.own_rate(optimizer, index) > 0]
        return max(able, key=lambda each: trained_values(optimizer.param_groups[each])) if able else None

    def read(self, *, opens: bool) -> float:
        """Read the leading group's own rate; NaN while no group has had one > 0.

        Args:
            opens: The step opens a round of the optimizers. Later in one, the rate may already be the next step's.
        """
        place = self.place()
        if place is None:
            return math.nan
        own = self._groups.own_rate(*place) if opens or not self.rate > 0 else self.rate
        self.rate = own
        if own > 0:
            self.largest = own if self.largest is None else max(self.largest, own)
        return own
