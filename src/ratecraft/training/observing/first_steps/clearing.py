"""Whether gradients are cleared, and cleared in time: once between two steps of an optimizer, before the backward pass.

Path:   around backward passes and steps, some entries of some gradients -> two facts of the run.

Gradients of the step before that are still there when the next pass begins are added to; those that a pass has made
and that are gone when the optimizer steps do nothing. Looked at is what lies between two steps of *one* optimizer:
micro-batches, and passes for another network, add to gradients as they should, as long as somebody clears them once.
"""

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch.optim import Optimizer

_MOST_TENSORS = 16  # of an optimizer, spread evenly
_EDGE = 8  # rows of a tensor, and entries of each
_LEAST = 3  # steps of one kind in a row: a script may begin in a way of its own
_MOST_PARTS = 0.5  # of the tensors that have gradients


@dataclass
class _Seen:
    """The gradients of one optimizer, as seen over the first steps.

    Attributes:
        parameters: The parameters that are looked at.
        before: Entries of their gradients after its last step.
        kept: For each, whether these entries were still in it at every pass since; None without a pass.
        made: For each, whether the last pass left a gradient.
        changed: For each, whether a pass since has changed its gradient.
        added: Step by step, of each whether the gradient of the step before was added to.
        has: For each, whether it had a gradient in that step.
        lost: Step by step, whether gradients were made and none was left to step with.
        got: Whether a pass since its last step has left any gradient.
        bare: Steps, with a pass before them, that it made without one gradient.
        steps: Steps that it made, with a pass before them and no closure.
    """

    parameters: Sequence[torch.Tensor]
    before: torch.Tensor
    kept: torch.Tensor | None = None
    made: torch.Tensor | None = None
    changed: torch.Tensor | None = None
    added: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    has: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    lost: list[torch.Tensor] = field(default_factory=list[torch.Tensor])
    got: bool = False
    bare: int = 0
    steps: int = 0


class Clearing:
    """Follows the gradients of every optimizer that has stepped."""

    def __init__(self) -> None:
        self._seen: weakref.WeakKeyDictionary[Optimizer, _Seen] = weakref.WeakKeyDictionary()

    def pass_begins(self) -> None:
        """A backward pass begins."""
        for seen in self._seen.values():
            now = _entries(seen.parameters)
            there = (now != 0).any(1)
            # At the first pass since the step they are those of that step; later ones have been added to.
            seen.kept = there & ((now == seen.before).all(1) if seen.kept is None else seen.kept)

    def pass_ended(self) -> None:
        """A backward pass is over."""
        for optimizer, seen in self._seen.items():
            now = _entries(seen.parameters)
            changed = (now != seen.before).any(1)
            seen.made = (now != 0).any(1)
            seen.changed = changed if seen.changed is None else seen.changed | changed
            seen.got = seen.got or not _has_none(optimizer)

    def stepping(self, optimizer: Optimizer) -> None:
        """A step without a closure begins, which uses what the passes have made."""
        each = self._seen.get(optimizer)
        if each is not None and each.made is not None:
            left = (_entries(each.parameters) != 0).any(1)
            each.lost.append(each.made.any() & ~left.any())
            each.steps += 1
            each.bare += not each.got and _has_none(optimizer)

    def stepped(self, optimizer: Optimizer) -> None:
        """A step is over."""
        each = self._seen.get(optimizer)
        if each is None:
            parameters = _spread([one for group in optimizer.param_groups for one in group["params"]])
            self._seen[optimizer] = _Seen(parameters, _entries(parameters))
            return
        now = _entries(each.parameters)
        if each.kept is not None and each.changed is not None:
            each.added.append(each.kept & each.changed)  # what a script puts there itself is not an addition
            each.has.append((now != 0).any(1))
        each.before, each.kept, each.made, each.changed, each.got = now, None, None, None, False

    def facts(self) -> dict[str, float]:
        """The number of steps for which a fault held, if it always did; waits for the device."""
        never = max((_steps_never_cleared(seen) for seen in self._seen.values()), default=0)
        early = max((_steps_lost(seen) for seen in self._seen.values()), default=0)
        bare = min((seen.bare if seen.bare == seen.steps else 0 for seen in self._seen.values()), default=0)
        found = {"steps_never_cleared": never, "steps_cleared_early": early, "steps_without_gradient": bare}
        return {name: float(steps) for name, steps in found.items() if steps >= _LEAST}


def _steps_never_cleared(seen: _Seen) -> int:
    """At each of these most gradients that there were had been added to those of the step before; else 0."""
    if len(seen.added) < _LEAST:
        return 0
    always, has = torch.stack(seen.added).all(0), torch.stack(seen.has).any(0)
    most = bool(has.any()) and float((always & has).sum() / has.sum()) >= _MOST_PARTS
    return len(seen.added) if most else 0


def _steps_lost(seen: _Seen) -> int:
    return len(seen.lost) if seen.lost and bool(torch.stack(seen.lost).all()) else 0


def _has_none(optimizer: Optimizer) -> bool:
    """Whether none of all its parameters has a gradient."""
    return all(parameter.grad is None for group in optimizer.param_groups for parameter in group["params"])


def _spread(tensors: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """A limited number of trained, plain tensors on one device, spread evenly."""
    able = [tensor for tensor in tensors if tensor.requires_grad and tensor.is_floating_point() and tensor.numel()]
    able = [
        parameter
        for parameter in able
        if parameter.device == able[0].device and type(parameter) in (torch.Tensor, torch.nn.Parameter)
    ]
    return able[:: -(-len(able) // _MOST_TENSORS) or 1]


@torch.no_grad()
def _entries(parameters: Iterable[torch.Tensor]) -> torch.Tensor:
    """Some entries of each one's gradient, a row each; 0 if there is none, or a sparse one."""
    rows = [_of(parameter.grad) if parameter.grad is not None else None for parameter in parameters]
    device = next((row.device for row in rows if row is not None), None)
    found = torch.zeros(len(rows), _EDGE * _EDGE, device=device)
    for place, row in enumerate(rows):
        if row is not None:
            found[place, : row.numel()] = row
    return found


def _of(gradient: torch.Tensor) -> torch.Tensor | None:
    if gradient.layout is not torch.strided or type(gradient) is not torch.Tensor:
        return None
    if gradient.dim() < 2:
        flat = gradient.reshape(-1)
        return flat[:: -(-flat.numel() // (_EDGE * _EDGE)) or 1].float()
    rows = gradient[:: -(-len(gradient) // _EDGE)].flatten(1)
    return rows[:, :: -(-rows.shape[1] // _EDGE)].reshape(-1).float()
