"""The values written into parameter groups for one step and those they replaced, to restore after it.

Path:   a group, an entry, a value -> the optimizer's step -> the script's own value again.

Restoring matters: a chainable scheduler computes its next rate from the current one, and prints and plateau logic must
see the script's own curve.
"""

from typing import Any

import torch

from ratecraft.training.instrument.hyperparameters import Entries, put


class WrittenValues:
    """The values that currently differ from the script's own.

    Attributes:
        own: The holder and its original value, by identity of the group or tensor written to, and entry.

    Example:
        >>> written, group = WrittenValues(), {"lr": 0.1}
        >>> written.put(group, "lr", 0.5)
        >>> written.put_back()
        >>> group
        {'lr': 0.1}
    """

    def __init__(self) -> None:
        self.own: dict[tuple[int, str], tuple[Any, Any]] = {}

    def has(self, group: Entries, entry: str) -> bool:
        """Whether a value was written there, perhaps through another group with the same tensor."""
        return (id(_holder(group, group[entry])), entry) in self.own

    def put(self, group: Entries, entry: str, value: Any, index: int | None = None) -> None:
        """Write a value into a group; the value before the first write is the one restored."""
        old = group[entry] if index is None else group[entry][index]
        holder = _holder(group, old)
        own = group[entry] if holder is group else old.clone()
        self.own.setdefault((id(holder), entry), (holder, own))
        put(group, entry, index, value)

    def put_back(self) -> None:
        """Restore the script's own values; safe if nothing was written."""
        for (_, entry), (holder, old) in self.own.items():
            if holder.__class__ is not dict and isinstance(holder, torch.Tensor):
                holder.copy_(old)
            else:
                holder[entry] = old
        self.own.clear()


def _holder(group: Entries, value: object) -> object:
    """What is written to: the group, or the tensor that it has, which may be that of several groups."""
    return value if isinstance(value, torch.Tensor) else group
