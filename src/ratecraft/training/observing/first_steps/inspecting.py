"""Inspects the first steps of a training for what is exactly wrong with how it is written.

Path:   steps and backward passes of this process -> what each file beside this one looks for -> facts of the run.

Nothing is changed and nothing drawn. After a few steps all hooks around steps and passes are gone, so that the rest of
a run costs nothing; changes of mode alone are heard to the end, since a model is left in eval mode after an evaluation.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ratecraft.records.watching.observed import Fact
from ratecraft.training.instrument.clock import Clock
from ratecraft.training.instrument.loss_graph import choices_of
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.first_steps.batches import Batches
from ratecraft.training.observing.first_steps.clearing import Clearing
from ratecraft.training.observing.first_steps.depth import Depth
from ratecraft.training.observing.first_steps.last_layer import limits_of
from ratecraft.training.observing.first_steps.losses_given import faults_of
from ratecraft.training.observing.first_steps.modes import Modes
from ratecraft.training.observing.first_steps.scheduling import Scheduling
from ratecraft.training.observing.listening import hear_optimizers, hear_passes

_STEPS = 8  # that are inspected
_PASSES = 4  # whose losses are looked at
_FUTILE = 8  # passes without a step: who looks at some gradients makes fewer

_Know: TypeAlias = Callable[[str, Fact], None]


class FirstSteps:
    """Inspects from when it is made until it is closed.

    Args:
        know: Takes each fact of the run.
        step: Tells which step of the run it is, also after the first ones.
        follows: Whether an optimizer belongs to the training.
        boundary: The boundary within which all hooks are called.
    """

    def __init__(
        self,
        know: _Know,
        step: Callable[[], int],
        follows: Callable[[Optimizer], bool] = lambda optimizer: True,
        boundary: ErrorBoundary | None = None,
    ) -> None:
        own = boundary or ErrorBoundary()
        self._know, self._follows = know, follows
        self._clock, self._passes, self._futile, self._is_made = Clock(), 0, 0, False
        self._optimizers = dict[Optimizer, None]()
        self._clearing, self._depth, self._modes = Clearing(), Depth(), Modes(know, step, own)
        self._batches, self._scheduling = Batches(own), Scheduling(own)
        self._classes: int | None = None
        self._losses = dict[str, float | str | torch.Tensor]()
        self._endings: list[Callable[[], None]] = [
            hear_passes(own.wrap(self._passed)),
            hear_optimizers(own.wrap(self._made)),
            self._batches.close,
            self._scheduling.close,
            register_optimizer_step_pre_hook(own.wrap(self._before)).remove,
            register_optimizer_step_post_hook(own.wrap(self._after)).remove,
        ]

    def close(self) -> None:
        """Tell what is known, and take all hooks away; safe to call twice."""
        self._finish()
        self._modes.close()

    def _finish(self) -> None:
        """Enough steps were seen; here alone the device is waited for."""
        if not self._endings:
            return
        while self._endings:
            self._endings.pop()()
        fed = self._batches.facts(self._classes)
        found = self._clearing.facts() | self._depth.facts() | fed | self._scheduling.facts() | self._losses
        for name, value in found.items():
            self._know(name, float(value) if isinstance(value, torch.Tensor) else value)
        if self._is_made and not self._clock.step and self._futile >= _FUTILE:
            self._know("passes_without_step", float(self._futile))
        self._optimizers.clear()

    def _made(self, optimizer: Optimizer) -> None:
        """An optimizer is made, which may never step."""
        self._is_made = self._is_made or self._follows(optimizer)

    def _passed(self, tensors: Any) -> None:
        """A backward pass begins, or is over."""
        if tensors is None:
            self._clearing.pass_ended()
            return
        if self._clock.step >= _STEPS:  # not within a step, whose hooks must not change
            self._finish()
            return
        self._futile += not self._clock.step
        for inspection in (self._clearing, self._batches, self._scheduling):
            inspection.pass_begins()
        if self._passes < _PASSES:
            self._passes += 1
            for loss in (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors):
                self._losses |= dict(faults_of(loss)) | dict(limits_of(loss))
                self._classes = self._classes or choices_of(loss)

    def _before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """A step begins; one with a closure makes its passes within."""
        if torch.compiler.is_compiling() or self._clock.step > _STEPS or not self._follows(optimizer):
            return
        self._clock.tick(optimizer)
        self._optimizers[optimizer] = None
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            self._clearing.stepping(optimizer)
            self._depth.stepping(optimizer)
            self._end_calls()

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        """A step is over."""
        if torch.compiler.is_compiling() or self._clock.step > _STEPS or optimizer not in self._optimizers:
            return
        self._clearing.stepped(optimizer)
        self._scheduling.stepped(optimizer)
        self._end_calls()
        if self._clock.step == 1:
            self._modes.begin()

    def _end_calls(self) -> None:
        """All modules of the second step have been called."""
        if self._clock.step > 1:
            self._modes.end_calls(self._held())

    def _held(self) -> Iterator[torch.Tensor]:
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                yield from group["params"]
