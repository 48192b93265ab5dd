"""Which hyperparameters a schedule can lead besides the rate, and where an optimizer keeps them.

Path:   the name of a schedule, a parameter group -> the entry of the group, for `ScheduleLR` and for the host.

Names: `momentum`, which is the first of `betas` where an optimizer has those; `beta2`, the second of them;
`weight_decay`; and the name of any other number in a group. A group without weight decay beside others that have some
(biases, norms) stays without.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import torch

from ratecraft.records.numbers import is_number

Entries: TypeAlias = dict[str, Any]
"""A parameter group of torch."""

_PLACES: Final[Mapping[str, tuple[tuple[str, int | None], ...]]] = {
    "momentum": (("betas", 0), ("momentum", None), ("mom", None)),
    "beta2": (("betas", 1), ("sqr_mom", None)),
    "weight_decay": (("weight_decay", None), ("wd", None)),
}
"""Entry of a group and index within it, the first that is there; the last of each are fastai's."""
_RATES: Final = {"params", "lr", "initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum"}
"""What the rate and torch's own schedulers keep in a group."""
_TAKEN: Final = {entry for places in _PLACES.values() for entry, _ in places} | _RATES


def hyperparameters(groups: Iterable[Entries]) -> tuple[str, ...]:
    """The names that a schedule may have for at least one of these groups, `rate` first."""
    found: set[str] = set()
    for group in groups:
        found |= {name for name in {*_PLACES, *group} - (_TAKEN - {*_PLACES}) if place_of(name, group) is not None}
    return ("rate", *sorted(found))


def place_of(name: str, group: Entries) -> tuple[str, int | None] | None:
    """The entry of a group for this schedule, and the index within it; None if the group has no such number."""
    for entry, index in _PLACES.get(name, () if name in _RATES else ((name, None),)):
        if entry in group and _is_number(group[entry] if index is None else group[entry][index]):
            return entry, index
    return None


def decaying(groups: Sequence[Entries]) -> list[bool]:
    """Which groups a schedule of the weight decay applies to: those with a weight decay, or all if none has one."""
    places = [(group, place_of("weight_decay", group)) for group in groups]
    some = [place is not None and bool(group[place[0]] != 0) for group, place in places]
    return some if any(some) else [True] * len(some)


def put(group: Entries, entry: str, index: int | None, value: float) -> None:
    """Write a value into a group."""
    old = group[entry] if index is None else group[entry][index]
    if isinstance(old, torch.Tensor):
        old.fill_(value)
    elif index is None:
        group[entry] = value
    else:
        group[entry] = (*group[entry][:index], value, *group[entry][index + 1 :])


def _is_number(value: object) -> bool:
    return is_number(value) or isinstance(value, torch.Tensor)
