"""Marks what a rank is like at a few backward passes: its weights, its data, its steps.

Path:   backward passes, steps, batches and exchanges of this process -> marks, and facts of the run.

A pass is what the ranks of a training have in common: with averaged gradients each of them waits for the others there,
also one that never steps. Weights are read at passes 1, 2, 4, 8, 16… and at the end: a sample of each parameter.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ratecraft.records.watching.observed import Fact
from ratecraft.training.observing.calls import tensors_in
from ratecraft.training.observing.each_rank.collectives import Collectives
from ratecraft.training.observing.each_rank.feeding import Epochs, checksum
from ratecraft.training.observing.each_rank.mark import Mark, Sharing, marked
from ratecraft.training.observing.each_rank.weights import Weights, part_of
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.listening import hear_batches, hear_optimizers, hear_passes, hear_wrappers

_FIRST = 8  # passes whose data are looked at


class Marking:
    """Makes marks of this process from its creation until it is closed.

    Args:
        tell: Called with marks and facts as soon as they are known; a rank that never steps reports nothing else.
        ranks: How many processes there are.
        boundary: The error boundary within which it works; by default errors are raised.
    """

    def __init__(
        self, tell: Callable[[Mapping[str, Fact]], None], ranks: int, boundary: ErrorBoundary | None = None
    ) -> None:
        self._boundary = boundary or ErrorBoundary()
        within = self._boundary.wrap
        self._tell = tell
        self._passes = self._steps = self._alike = 0
        self._fed: tuple[int | None] | None = None  # the batch that was fetched last, which the next pass is made of
        self._is_inside = False
        self._kind: tuple[Sharing, int, int] = ("spread", 0, 0)
        self._epochs, self._collectives = Epochs(), Collectives(self._boundary)
        self._weights = Weights(self._collectives, ranks)
        self._endings: list[Callable[[], None]] = [
            hear_passes(within(self._passed)),
            hear_batches(within(self._fetched)),
            hear_optimizers(within(self._weights.made)),
            hear_wrappers(within(self._weights.wrapped)),
            self._collectives.close,
            register_optimizer_step_pre_hook(within(self._before)).remove,
            register_optimizer_step_post_hook(within(self._after)).remove,
        ]

    def close(self) -> None:
        """Mark the end, and take all hooks away; safe to call twice."""
        if not self._endings:
            return
        while self._endings:
            self._endings.pop()()
        self._boundary.call(self._end)

    def _end(self) -> None:
        self._note_epochs(is_over=True)
        if self._passes:
            with suppress(RuntimeError):  # after an error of the device nothing can be read any more
                self._tell(marked(self._last(), is_last=True))

    def _passed(self, tensors: Any) -> None:
        """A backward pass begins, or is over."""
        if tensors is None or self._is_inside:
            self._is_inside = tensors is not None
            return
        self._is_inside = True  # one within another, as of a checkpoint, belongs to that
        self._collectives.pass_begins()
        self._epochs.pass_begins()
        self._passes += 1
        fed, self._fed = self._fed, None
        if self._passes <= _FIRST or not self._passes & (self._passes - 1):
            self._tell_mark(tensors, fed)

    def _tell_mark(self, tensors: Any, fed: "tuple[int | None] | None") -> None:
        """Tell the mark of the pass that begins."""
        is_read, is_early = not self._passes & (self._passes - 1), self._passes <= _FIRST
        loss = _loss_of(tensors) if is_early and fed is None and not self._collectives.since_step else None
        mark = self._mark() if is_read else Mark(self._passes, self._steps)
        self._tell(marked(replace(mark, data=None if fed is None else fed[0], loss=loss)))
        self._note_epochs()

    def _mark(self) -> Mark:
        own = self._weights.belonging()
        common, beside = part_of(own.common), part_of(own.beside)
        self._kind = own.sharing, common.shapes, beside.shapes
        return Mark(self._passes, self._steps, own.sharing, common, beside, own.divides)

    def _last(self) -> Mark:
        """At the end; a model that is gone by then has no weights to be compared."""
        before = self._kind
        mark = self._mark()
        if self._kind == before:
            return mark
        is_alone = before[0] == "none" and not self._collectives.is_heard
        return Mark(self._passes, self._steps, "none" if is_alone else "spread")

    def _note_epochs(self, *, is_over: bool = False) -> None:
        alike = self._epochs.alike(is_over=is_over)
        if alike > self._alike:
            self._alike = alike
            self._tell({"epochs_in_one_order": float(alike)})

    def _fetched(self, iterator: Any, batch: Any) -> None:
        """An iterator gives a batch."""
        self._epochs.fetched(iterator, batch)
        if self._passes < _FIRST:
            self._fed = (checksum(tensors_in((batch,))),)

    def _before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not torch.compiler.is_compiling():
            self._weights.stepping(optimizer)

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        if not torch.compiler.is_compiling():
            self._steps += 1


def _loss_of(tensors: Any) -> float | None:
    """The one number that a pass begins at."""
    given = (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
    return float(given[0].detach()) if len(given) == 1 and given[0].numel() == 1 else None
