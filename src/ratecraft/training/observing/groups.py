"""The parameter groups of the optimizers that are followed: which one leads, and how the series of each are named.

Path:   an optimizer at its step -> its groups have numbers -> the names by which its values are noted.
"""

import weakref
from collections.abc import Callable, Iterator

import torch
from torch.optim import Optimizer

from ratecraft.records.watching.observed import Fact
from ratecraft.training.instrument.model_facts import group_settings
from ratecraft.training.instrument.script_groups import trained_values


class Groups:
    """Groups in the order in which they were met; optimizers are held weakly.

    Args:
        know: Takes a fact about the run: the class and the settings of what leads.
    """

    def __init__(self, know: Callable[[str, Fact], None]) -> None:
        self._know = know
        self._met: list[tuple[weakref.ref[Optimizer], int]] = []
        self._leading: tuple[weakref.ref[Optimizer], int] | None = None

    def meet(self, optimizer: Optimizer, in_use: Callable[[Optimizer], bool]) -> None:
        """Number its groups. The leading one trains most values; its optimizer leads while it is in use.

        Whether another one's phase is over shows some steps later only, so it is asked each time.
        """
        itself = weakref.ref(optimizer)
        known = sum(group is itself for group, _ in self._met)
        if known == len(optimizer.param_groups) and self.leads(optimizer):
            return
        self._met += [(itself, index) for index in range(known, len(optimizer.param_groups))]
        leader = self._leading[0]() if self._leading is not None else None
        if leader is not None and leader is not optimizer and in_use(leader):
            return
        leading = max(range(len(optimizer.param_groups)), key=lambda at: trained_values(optimizer.param_groups[at]))
        self._leading = (itself, leading)
        self._know("optimizer", type(optimizer).__name__)
        for name, value in group_settings(optimizer.param_groups[leading]).items():
            self._know(name, value)

    def leads(self, optimizer: Optimizer) -> bool:
        """Whether the leading group is one of this optimizer's."""
        return self._leading is not None and self._leading[0]() is optimizer

    def name(self, series: str, optimizer: Optimizer, index: int) -> str:
        """The leading group's series has the plain name, another one's its number behind it."""
        place = (weakref.ref(optimizer), index)
        return series if place == self._leading else f"{series}/{self._met.index(place)}"

    def name_of_all(self, series: str, optimizer: Optimizer) -> str:
        """The name of a series that holds for all groups of an optimizer together."""
        return series if self.leads(optimizer) else f"{series}/{self._met.index((weakref.ref(optimizer), 0))}"

    def parameters(self) -> Iterator[torch.Tensor]:
        """What the optimizers train."""
        for optimizer in {group: None for group, _ in self._met}:
            for group in getattr(optimizer(), "param_groups", ()):
                yield from group["params"]
