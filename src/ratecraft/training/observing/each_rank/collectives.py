"""Hears what a script exchanges with its other processes by `torch.distributed` itself.

Path:   `all_reduce`, `broadcast`, `send`… of this process -> which gradients a script averages by hand, and whether
        anything else of the size of weights, or between stages of a model, is exchanged.

What DistributedDataParallel and FSDP exchange goes another way, and is not heard here. The functions are replaced while
this listens, and do what they always did.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from ratecraft.training.observing.error_boundary import ErrorBoundary

_SUMS = ("all_reduce",)
_OTHERS = (
    *("all_gather", "all_gather_into_tensor", "reduce_scatter", "reduce_scatter_tensor"),
    *("broadcast", "reduce", "gather", "scatter"),
)
_BETWEEN_STAGES = ("send", "recv", "isend", "irecv", "batch_isend_irecv", "all_to_all", "all_to_all_single")


class Collectives:
    """Listens from its creation until it is closed.

    Args:
        boundary: The error boundary within which it listens.

    Attributes:
        summed: Addresses of the tensors that were summed over all ranks since the last step, and their lengths.
        largest: Values of the largest other tensor that was exchanged since training began.
        between_stages: Whether a tensor was sent from one rank to another.
        since_step: Exchanges since the last step.
    """

    def __init__(self, boundary: ErrorBoundary) -> None:
        self._boundary = boundary
        self.summed, self.largest = dict[int, int](), 0
        self.between_stages, self.since_step = False, 0
        self._is_training, self._undone = False, list[Callable[[], None]]()
        if torch.distributed.is_available():
            for name in (*_SUMS, *_OTHERS, *_BETWEEN_STAGES):
                self._replace(name)

    @property
    def is_heard(self) -> bool:
        """Whether more than single numbers has been exchanged since training began."""
        return self.between_stages or self.largest > 1

    def close(self) -> None:
        """Restore what was replaced; safe to call twice."""
        while self._undone:
            self._undone.pop()()

    def pass_begins(self) -> None:
        """Training has begun; earlier exchanges only served to start alike."""
        if not self._is_training:
            self._is_training, self.between_stages = True, False
            self._forget()

    def stepped(self, *, averaged: bool) -> None:
        """An optimizer is about to step.

        Args:
            averaged: Whether the summed tensors were its gradients.
        """
        if not averaged:
            self.largest = max([self.largest, *self.summed.values()])
        self._forget()

    def _forget(self) -> None:
        self.summed, self.since_step = {}, 0

    def _replace(self, name: str) -> None:
        distributed: Any = torch.distributed
        function: Any = getattr(distributed, name, None)
        if function is None:  # a torch without it
            return

        @functools.wraps(function)
        def heard(*args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling():
                self._boundary.call(self._heard, name, args, kwargs)
            return function(*args, **kwargs)

        for holder in (distributed, distributed.distributed_c10d):
            if getattr(holder, name, None) is function:
                setattr(holder, name, heard)
                self._undone.append(functools.partial(_put_back, holder, name, heard, function))

    def _heard(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.since_step += 1
        tensors = list(_tensors_in((*args, *kwargs.values())))
        if name in _BETWEEN_STAGES:
            self.between_stages = True
        elif name in _SUMS and _is_of_all(args, kwargs):
            self.summed |= {tensor.data_ptr(): tensor.numel() for tensor in tensors}
        elif self._is_training:
            self.largest = max([self.largest, *(tensor.numel() for tensor in tensors)])


def _put_back(holder: Any, name: str, heard: Any, function: Any) -> None:
    if getattr(holder, name) is heard:  # else somebody put theirs around ours
        setattr(holder, name, function)


def _tensors_in(given: Any) -> Iterator[torch.Tensor]:
    for value in given:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors_in(value)  # pyright: ignore[reportUnknownArgumentType]


def _is_of_all(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a sum is over all ranks."""
    distributed: Any = torch.distributed
    group = kwargs.get("group", args[2] if len(args) > 2 else None)
    return group is None or distributed.get_world_size(group) == distributed.get_world_size()
