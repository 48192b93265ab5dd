"""Whether a script updates its weights by its own arithmetic: backward passes without any optimizer step.

Path:   the loss of every backward pass before the first optimizer step -> the leaves of its graph -> a verdict.

A pass alone says nothing: gradients are accumulated over many, and a script may look at gradients before it trains. So
it is asked whether the weights changed from one pass to the next. Once or twice may be an initialisation that looks at
data; an attack on a network changes its input, one leaf among those that stay. Nothing of the script's is run or drawn.
"""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

CHANGES = 8
"""Passes, each with other weights than the one before, by which it is sure."""

_MOST_PASSES = 256  # that are looked at: more are an accumulation, or no training
_VALUES = 64  # of a tensor that are compared


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A tensor that gradients go to, and some of its values."""

    tensor: "weakref.ref[torch.Tensor]"
    shape: torch.Size
    values: torch.Tensor

    def differs(self, before: "_Leaf") -> bool:
        return not torch.equal(self.values, before.values)


@dataclass
class ByHand:
    """Follows the backward passes of a run that has made no optimizer step.

    Attributes:
        changes: Passes so far whose weights were others than those of the pass before.
    """

    changes: int = 0
    _passes: int = 0
    _last: list[_Leaf] = field(default_factory=list[_Leaf])

    def is_sure(self, losses: Iterable[torch.Tensor]) -> bool:
        """One more pass begins, from these losses; whether the script surely changes its weights itself."""
        self._passes += 1
        if self.changes >= CHANGES or self._passes > _MOST_PASSES:
            return self.changes >= CHANGES
        leaves = [_leaf(tensor) for tensor in _leaves(losses)]
        self.changes += _changed(self._last, leaves)
        self._last = leaves
        return self.changes >= CHANGES


def _changed(before: list[_Leaf], now: list[_Leaf]) -> bool:
    """Whether most leaves have new values; new tensors (`w = (w - lr * g).detach()`) they are known by their shapes."""
    if not now or [leaf.shape for leaf in before] != [leaf.shape for leaf in now]:
        return False
    pairs = list(zip(before, now, strict=True))
    if len(pairs) == 1 and pairs[0][0].tensor() is not pairs[0][1].tensor():
        return False  # one new leaf a pass is as likely an input
    return 2 * sum(new.differs(old) for old, new in pairs) > len(pairs)


def _leaf(tensor: torch.Tensor) -> _Leaf:
    flat = tensor.detach().reshape(-1)
    return _Leaf(weakref.ref(tensor), tensor.shape, flat[:: max(1, len(flat) // _VALUES)][:_VALUES].clone())


def _leaves(losses: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The leaves of a graph, in an order that is the same for the same operations."""
    waiting: list[Any] = [loss.grad_fn for loss in losses]
    seen = set[Any]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, torch.Tensor) and _has_values(variable):
            yield variable
        waiting.extend(function for function, _ in node.next_functions)


def _has_values(tensor: torch.Tensor) -> bool:
    """Whether it holds its values now: FSDP frees the memory of whole weights while they are not used."""
    return tensor.numel() == 0 or tensor.untyped_storage().size() > 0
