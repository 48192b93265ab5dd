"""How a script deals with its schedulers: steps them twice a step, never, or for an optimizer that it has replaced.

Path:   schedulers, as they are made; steps of optimizers -> facts of the run.

One that is stepped once a micro-batch, once a sample or by every process may have been laid out so: *twice* is said
only where each step has one backward pass, in one process. One that was restored is counted from the second step on.
"""

import sys
import weakref
from collections.abc import Callable, Sequence

import torch.distributed
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.first_steps.never_stepped import is_never_stepped
from ratecraft.training.observing.listening import hear_schedulers
from ratecraft.training.scripts.libraries import frame_outside, is_library, is_ours

_LEAST = 3  # steps
_TWICE, _MOST = 2, 3  # steps of a scheduler for each of its optimizer: more are those of samples
_BY_SCHEDULER = 2  # references: the scheduler's, and that of the call which counts them


class Scheduling:
    """Follows the schedulers that are made from now on, and the steps of their optimizers, within a boundary."""

    def __init__(self, boundary: ErrorBoundary | None = None) -> None:
        self._begun: weakref.WeakKeyDictionary[LRScheduler, int] = weakref.WeakKeyDictionary()
        self._steps: weakref.WeakKeyDictionary[Optimizer, int] = weakref.WeakKeyDictionary()
        self._never, self._passes, self._is_begun = 0, 0, False
        self.close: Callable[[], None] = hear_schedulers((boundary or ErrorBoundary()).wrap(self._made))

    def pass_begins(self) -> None:
        """A backward pass begins; what came before that of the second step is not counted."""
        if self._steps and not self._is_begun:
            self._is_begun, self._passes = True, 0
            self._begun.update({scheduler: _count(scheduler) for scheduler in list(self._begun)})
            self._steps.update(dict.fromkeys(list(self._steps), 0))
        self._passes += 1

    def stepped(self, optimizer: Optimizer) -> None:
        """An optimizer has made a step."""
        self._steps[optimizer] = self._steps.get(optimizer, 0) + 1

    def facts(self) -> dict[str, float]:
        """The facts seen so far."""
        found = {"scheduler_steps_each": self._twice(), "schedulers_never_stepped": float(self._never)}
        found["schedulers_of_another"] = float(sum(map(self._is_of_another, list(self._begun))))
        return {name: value for name, value in found.items() if value}

    def _twice(self) -> float:
        """Steps of a scheduler for each step of its optimizer, where they are too many; else 0."""
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return 0.0
        for scheduler, before in self._begun.items():
            steps = self._steps.get(scheduler.optimizer, 0)
            each = (_count(scheduler) - before) / max(steps, 1)
            if steps >= _LEAST and self._passes == steps and _TWICE <= each <= _MOST:
                return each
        return 0.0

    def _is_of_another(self, scheduler: LRScheduler) -> bool:
        """Whether its optimizer was replaced: only the scheduler still holds it, and another one trains the same."""
        own = {id(group) for group in scheduler.optimizer.param_groups}
        others = [step for step, steps in self._steps.items() if steps >= _LEAST]
        others = [other for other in others if own.isdisjoint(map(id, other.param_groups))]
        is_trained = not _values_of([scheduler.optimizer]).isdisjoint(_values_of(others))
        is_idle = not self._steps.get(scheduler.optimizer)
        return is_idle and is_trained and sys.getrefcount(scheduler.optimizer) <= _BY_SCHEDULER

    def _made(self, scheduler: LRScheduler) -> None:
        if isinstance(scheduler, ReduceLROnPlateau):
            return
        self._begun[scheduler] = 0
        frame = frame_outside(lambda file: is_ours(file) or is_library(file))
        self._never += frame is not None and is_never_stepped(frame, type(scheduler).__name__)


def _count(scheduler: LRScheduler) -> int:
    """How often it was stepped, beyond the one step that it makes itself when it is made."""
    return int(getattr(scheduler, "_step_count", 1)) - 1


def _values_of(optimizers: Sequence[Optimizer]) -> set[int]:
    return {id(one) for optimizer in optimizers for group in optimizer.param_groups for one in group["params"]}
