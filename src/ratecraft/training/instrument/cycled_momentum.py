"""Holds a cycled momentum at its first value while our rate replaces the script's own.

Path:   a scheduler that was made -> whether it cycles a momentum or β1 -> held for a step.
"""

import weakref

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.training.instrument.hyperparameters import Entries
from ratecraft.training.instrument.script_groups import AsMade
from ratecraft.training.instrument.written_values import WrittenValues


class CycledMomentum:
    """Knows the optimizers whose momentum is cycled, and holds it.

    Attributes:
        was_held: Whether a momentum had changed and was held.
    """

    def __init__(self) -> None:
        self.was_held = False
        self._cycled: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._schedulers: list[weakref.ref[LRScheduler]] = []

    def add(self, optimizer: Optimizer) -> None:
        """A scheduler of the script cycles this optimizer's momentum."""
        self._cycled.add(optimizer)

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made. It is examined at the next step, when it is complete."""
        self._schedulers.append(weakref.ref(scheduler))

    def ask_schedulers(self) -> None:
        """Examine the schedulers made since the last step."""
        if not self._schedulers:
            return
        for scheduler in filter(None, (known() for known in self._schedulers)):
            if getattr(scheduler, "cycle_momentum", False):
                self.add(scheduler.optimizer)
        self._schedulers.clear()

    def is_cycled(self, optimizer: Optimizer) -> bool:
        """Whether this optimizer's momentum is cycled."""
        return optimizer in self._cycled

    def hold(self, group: Entries, known: AsMade, written: WrittenValues) -> None:
        """Hold the momentum of a group for a step."""
        for name, value in known.momenta.items():
            if group[name] != value:
                written.put(group, name, value)
                self.was_held = True
