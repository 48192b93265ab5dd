"""Optimizers that learn from different losses, like those of a GAN; noticed in the first rounds of a run.

Path:   losses that reach `backward`, and whose step comes next -> the graphs of the losses -> who learns from which.

An optimizer learns from the losses that came since the step before it, as far as their graphs reach what it updates;
where none came, it shares those of the step before. Optimizers that have a loss in common are one model. It is sure
once an optimizer has its turn again after another one, so that one phase of training after the other is none. A loss
is the same if its graph has the same operations and reaches the same parameters, also where each optimizer in turn
holds the other's parameters fixed. Nothing of the script's is run, and no value is read.
"""

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.optim import Optimizer

from ratecraft.training.instrument.rates import Rates

_MOST_PASSES = 512  # of backward: a critic may train for a hundred steps before its maker's first
_AGREED = 3  # turns that came again and shared a loss, after which no one looks any more


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Where a gradient ends: the identity of a parameter that an optimizer has, or 0."""

    parameter: int


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a loss is made of.

    Attributes:
        place: Where in the script it reached `backward`.
        edges: Graph of the loss, walked in order: names of operations, numbers of those met before, leaves, None.
    """

    place: str
    edges: tuple[object, ...]

    @property
    def reached(self) -> frozenset[int]:
        """The parameters that it reaches."""
        return frozenset(edge.parameter for edge in self.edges if isinstance(edge, _Leaf) and edge.parameter)

    def is_like(self, other: "_Loss") -> bool:
        """Whether it is the same loss, on whichever data."""
        if _operations(self.edges) != _operations(other.edges):
            return False
        return self.reached == other.reached or (
            len(self.edges) == len(other.edges)
            and all(a == b or _is_held(a, b) for a, b in zip(self.edges, other.edges, strict=True))
        )


@dataclass(frozen=True, slots=True)
class _Turn:
    """A step of an optimizer: what it learned from, and whether it climbs."""

    losses: tuple[_Loss, ...]
    climbs: bool

    def shares(self, other: "_Turn") -> bool:
        """Whether the two have a loss in common; so they have where nothing is known of either's."""
        if not self.losses or not other.losses:
            return True
        pairs = ((mine, its) for mine in self.losses for its in other.losses)
        return self.climbs == other.climbs and any(mine is its or mine.is_like(its) for mine, its in pairs)


@dataclass
class Opponents:
    """Follows the turns of a run's optimizers.

    Attributes:
        rates: Knows the optimizers.
        found: Each of those that have no loss in common: its class name and where its losses reach `backward`; empty
            while none were seen.
    """

    rates: Rates
    found: tuple[str, ...] = ()
    _waiting: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    _last: tuple[_Loss, ...] = ()
    _turns: "weakref.WeakKeyDictionary[Optimizer, _Turn]" = field(default_factory=weakref.WeakKeyDictionary)
    _latest: "weakref.ref[Optimizer] | None" = None
    _passes: int = 0
    _agreed: int = 0

    @property
    def looks(self) -> bool:
        """Whether it is still open what the optimizers learn from."""
        open_yet = not self.found and self._agreed < _AGREED and self._passes < _MOST_PASSES
        return open_yet and len(self.rates.optimizers()) > 1

    def backward(self, losses: Iterable[torch.Tensor], place: str) -> None:
        """A backward pass begins, there in the script."""
        self._passes += 1
        self._waiting += [(place, loss.grad_fn) for loss in losses if loss.grad_fn is not None]

    def turn(self, optimizer: Optimizer) -> bool:
        """An optimizer is about to step; whether it is sure now that some are opponents."""
        if self._waiting:
            owned = {id(tensor) for other in self.rates.optimizers() for tensor in _updated(other)}
            self._last = tuple(_Loss(place, _walked(node, owned)) for place, node in self._waiting)
            self._waiting.clear()  # a graph that is retained holds much memory
        own = {id(tensor) for tensor in _updated(optimizer)}
        mine = tuple(loss for loss in self._last if not own.isdisjoint(loss.reached))
        turn = _Turn(mine, any(group.get("maximize") for group in optimizer.param_groups))
        latest = None if self._latest is None else self._latest()
        again = optimizer in self._turns and latest is not optimizer
        self._turns[optimizer], self._latest = turn, weakref.ref(optimizer)
        against = [optimizer for optimizer, its in self._turns.items() if not turn.shares(its)] if again else []
        if against:
            self.found = tuple(
                _told(turn, its) for turn, its in self._turns.items() if turn is optimizer or turn in against
            )
        elif again:
            self._agreed += 1
        return bool(against)


def _updated(optimizer: Optimizer) -> Iterable[torch.Tensor]:
    for group in optimizer.param_groups:
        yield from group["params"]


def _walked(root: Any, owned: set[int]) -> tuple[object, ...]:
    edges: list[object] = []
    met: dict[Any, int] = {}
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        variable = getattr(node, "variable", None)
        if node is None:
            edges.append(None)
        elif isinstance(variable, torch.Tensor):
            edges.append(_Leaf(id(variable) if id(variable) in owned else 0))
        elif node in met:
            edges.append(met[node])
        else:
            met[node] = len(edges)
            edges.append(node.name())
            waiting.extend(function for function, _ in reversed(node.next_functions))
    return tuple(edges)


def _operations(edges: Sequence[object]) -> frozenset[str]:
    return frozenset(edge for edge in edges if isinstance(edge, str))


def _is_held(one: object, other: object) -> bool:
    """Whether a parameter that the one loss reaches is held fixed in the other."""
    return (one is None and isinstance(other, _Leaf)) or (other is None and isinstance(one, _Leaf))


def _told(optimizer: Optimizer, turn: _Turn) -> str:
    places = dict.fromkeys(loss.place for loss in turn.losses if loss.place)
    return f"{type(optimizer).__name__} ← {', '.join(places)}" if places else type(optimizer).__name__
