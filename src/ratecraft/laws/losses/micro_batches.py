"""The loss of a step whose gradient is made in several backward passes.

Path:   the losses that reached `backward` before one step, and how each was made -> one number, comparable over steps.

Micro-batches of one loss are averaged, whatever their number; different losses add up. Two passes are of one loss if
they have the same last operations and come from the same place in the code. A script that divides its micro-batches is
recognised by the factors that it multiplies them by: where those of one step come to 1 (¼ four times, or the shares of
batches of different sizes), they are shares, there and in every later step, and the loss is Σ loss / Σ share. So a last
step that holds only two of four quarters still gives the whole loss, not half of it. Factors that never add up to 1 are
weights, and are kept.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_EXACT = 1e-6  # factors come in single precision


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a loss comes from.

    Attributes:
        made: The last operations that made the loss.
        place: Where in the code it reached `backward`.
        share: The constant that it was multiplied by at last; 1 for none.
    """

    made: Hashable = ()
    place: Hashable = ()
    share: float = 1.0

    @property
    def key(self) -> Hashable:
        """Two passes that have it in common are of one loss."""
        return self.made, self.place


_Pass: TypeAlias = tuple[float, Origin]
Shared: TypeAlias = frozenset[frozenset[Hashable]]
"""Keys of the losses that are multiplied by shares; those of one set are one loss, out of several branches."""


def step_loss(losses: Sequence[float], origins: Sequence[Origin], shared: Shared = frozenset()) -> tuple[float, Shared]:
    """The loss of one step, and what is known by then of losses that are multiplied by shares.

    Args:
        losses: The losses as they reached `backward`, at least one.
        origins: Origins of each.
        shared: What the steps before have told.

    Example:
        >>> quarter = Origin(share=0.25)
        >>> _, shared = step_loss([0.5, 0.5, 0.5, 0.5], [quarter] * 4)
        >>> step_loss([0.5, 0.5], [quarter] * 2, shared)[0]
        2.0
        >>> step_loss([2.0, 2.0], [Origin()] * 2)[0], step_loss([2.0, 3.0], [Origin(place=1), Origin(place=2)])[0]
        (2.0, 5.0)
    """
    passes = list(zip(losses, origins, strict=True))
    total: list[float] = []
    for keys in sorted(shared, key=len):
        group, passes = _parted(passes, keys)
        if group:
            total.append(_weighted(group))
    for made in dict.fromkeys(origin.made for _, origin in passes):
        alike = [pass_ for pass_ in passes if pass_[1].made == made]
        for group in [alike] if _are_shares(alike) else _by_key(alike):
            if _are_shares(group):
                shared |= {frozenset(origin.key for _, origin in group)}
                total.append(_weighted(group))
            else:
                total.append(_mean(group))
    return added(total), shared


def is_whole(shares: Sequence[float]) -> bool:
    """Whether factors, all of them above 0, come to 1.

    Example:
        >>> is_whole([1 / 3] * 3), is_whole([0.5] * 3), is_whole([2.0, -1.0])
        (True, False, False)
    """
    return min(shares) > 0 and abs(math.fsum(shares) - 1) < _EXACT


def added(losses: Iterable[float]) -> float:
    """The sum of the values, exact if it is finite.

    Example:
        >>> added([0.1] * 10), added([math.inf, -math.inf])
        (1.0, nan)
    """
    values = list(losses)
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


def _parted(passes: Sequence[_Pass], keys: frozenset[Hashable]) -> tuple[list[_Pass], list[_Pass]]:
    within = [pass_ for pass_ in passes if pass_[1].key in keys]
    return within, [pass_ for pass_ in passes if pass_[1].key not in keys]


def _by_key(passes: Sequence[_Pass]) -> list[list[_Pass]]:
    keys = dict.fromkeys(origin.key for _, origin in passes)
    return [[pass_ for pass_ in passes if pass_[1].key == key] for key in keys]


def _are_shares(group: Sequence[_Pass]) -> bool:
    return len(group) > 1 and is_whole([origin.share for _, origin in group])


def _weighted(group: Sequence[_Pass]) -> float:
    """The mean by shares; where one is none that can be, that without them."""
    shares = [origin.share for _, origin in group]
    if min(shares) <= 0:
        return _mean(group)
    total = added(loss for loss, _ in group)
    return total if is_whole(shares) else total / math.fsum(shares)


def _mean(group: Sequence[_Pass]) -> float:
    return added(loss for loss, _ in group) / len(group)
