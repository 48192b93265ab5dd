"""The states of a guarded training that are kept in memory: the last two copies to go back to, and the best weights.

Path:   the model and its optimizer, as the policy asks -> copies -> put back in place.
Units:  a copy is named by the step before whose update it was taken; sizes in bytes.
"""

from collections.abc import Mapping
from typing import TypeAlias

import torch
from torch import nn

from ratecraft.training.instrument.state import Copy, Model
from ratecraft.training.observing.buffers import Buffers

_Pairs: TypeAlias = list[tuple[torch.Tensor, torch.Tensor]]


class StateCopies:
    """Copies of the state of one model.

    Attributes:
        model: The model, found as its optimizer steps.
    """

    def __init__(self) -> None:
        self.model = Model()
        self._copies: Mapping[int, Copy] = {}
        self._moving: _Pairs = []
        self._buffers = Buffers()
        self._best: _Pairs = []

    def has(self, step: int) -> bool:
        """Whether there is the copy of this step."""
        return step in self._copies

    @property
    def has_best(self) -> bool:
        """Whether there are best weights."""
        return bool(self._best)

    @property
    def size(self) -> float:
        """Bytes that all of them take."""
        kept = [[value for _, value in self._best], *map(_tensors_of, self._copies.values())]
        return float(sum(tensor.numel() * tensor.element_size() for one in kept for tensor in one))

    @torch.no_grad()
    def take(self, step: int) -> None:
        """Copy the state; the last two are kept."""
        last = list(self._copies)[-1:]
        self._copies = {other: self._copies[other] for other in last} | {step: Copy.take(self.model)}
        self._hold_against(self._copies[step])

    def keep_best(self) -> None:
        """The weights and buffers as they are now are the best."""
        self._best = [(tensor, tensor.detach().clone()) for tensor in self.model.tensors()]

    def go_back(self, step: int) -> None:
        """Put the copy of this step back. Later copies are forgotten, as the policy forgets them."""
        self._copies = {at: copy for at, copy in self._copies.items() if at <= step}
        self._copies[step].put_back()
        self._buffers = Buffers()
        self._hold_against(self._copies[step])

    def restore_buffers(self) -> None:
        """Put the buffers of the last copy back, and nothing else."""
        _put_back(self._moving)
        self._buffers.forget()

    def restore_best(self) -> None:
        """Put the best weights back, where there are any."""
        _put_back(self._best)

    def growth(self) -> torch.Tensor | None:
        """By how much the buffers have grown since the last copy, as `Buffers.growth`."""
        return self._buffers.growth([tensor for tensor, _ in self._moving])

    def keep_only_best(self) -> None:
        """Forget the copies."""
        self._copies, self._moving = {}, []

    def forget(self) -> None:
        """Forget everything but the model."""
        self._copies, self._moving, self._best = {}, [], []

    def _hold_against(self, copy: Copy) -> None:
        self._moving = _buffers_of(copy)
        self._buffers.growth([tensor for tensor, _ in self._moving])


@torch.no_grad()
def _put_back(pairs: _Pairs) -> None:
    for tensor, value in pairs:
        tensor.copy_(value)


def _buffers_of(copy: Copy) -> _Pairs:
    return [pair for pair in copy.tensors if not isinstance(pair[0], nn.Parameter) and not pair[0].requires_grad]


def _tensors_of(copy: Copy) -> list[torch.Tensor]:
    """What a copy holds: weights, buffers, and what the optimizer keeps of each parameter."""
    states = [state for _, optimizer, _ in copy.optimizers for state in optimizer.values()]
    kept = [value for state in states for value in state.values() if isinstance(value, torch.Tensor)]
    return [value for _, value in copy.tensors] + kept
