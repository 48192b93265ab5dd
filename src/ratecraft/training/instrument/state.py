"""The state of a hosted training: found without the script's help, copied, restored in place, saved.

Path:   the first step of an optimizer shows the modules -> copies for the stop rule, files for the study.

The model is the outermost modules that hold what the optimizers update; their buffers, tensors that an optimizer
updates outside of them, and the scaler belong to the state too. They are looked for among all living modules: a hook on
forward passes would break `torch.compile`. Files hold tensors in plain dictionaries, so that
`torch.load(..., weights_only=True)` opens them.
"""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ratecraft.records.outcome import ModelFacts
from ratecraft.training.instrument.loaded_weights import was_loaded
from ratecraft.training.instrument.model_facts import model_facts
from ratecraft.training.instrument.sharding import class_name, is_sharded, own_part, whole_state, whole_tensor

_save = torch.save  # taken before the file protection wraps it: the study's own files need none
_TOO_LARGE = 1e8  # no weight that trains comes near it; squares of squares of it overflow
_SCRIPTS_OWN = frozenset({"params", "lr", "initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum",
                          "momentum", "betas", "weight_decay"})  # fmt: skip
"""Entries of a parameter group that schedulers write: they go on when the rest goes back."""


@dataclass
class Model:
    """The modules, optimizers and scalers of a run as they are found, and facts about the modules at that time."""

    modules: list[nn.Module] = field(default_factory=list[nn.Module])
    optimizers: list[Optimizer] = field(default_factory=list[Optimizer])
    scalers: list[Any] = field(default_factory=list[Any])
    facts: ModelFacts = ModelFacts()

    def stepped_by(self, optimizer: Optimizer, in_use: Callable[[Optimizer], bool]) -> None:
        """An optimizer steps; those no longer in use are forgotten, so that they are not kept alive by ratecraft."""
        if any(optimizer is known for known in self.optimizers):
            return
        self.optimizers = [*filter(in_use, self.optimizers), optimizer]
        held = {id(tensor) for top in self.modules for tensor in top.parameters()}
        if any(id(tensor) not in held for tensor in self._optimized()):
            self.modules = owners(list(self._optimized()))
            self.facts = model_facts(self.modules, was_loaded)

    def scaled_by(self, scaler: Any) -> None:
        """A scaler scales a loss."""
        if not any(scaler is known for known in self.scalers):
            self.scalers.append(scaler)

    def tensors(self) -> list[torch.Tensor]:
        """Every parameter and buffer once, and any other tensors that the optimizers update."""
        inside = [tensor for top in self.modules for tensor in (*top.parameters(), *top.buffers())]
        return list({id(tensor): tensor for tensor in (*inside, *self._optimized())}.values())

    def is_broken(self) -> bool:
        """Whether a tensor that an optimizer updates is not finite, or so large that results will soon not be."""
        return not all(bool((own_part(tensor.detach()).abs() < _TOO_LARGE).all()) for tensor in self._optimized())

    def states(self) -> dict[str, Any]:
        """The weights-only state: `{class name: state dict}`.

        If the weights are spread over several processes, all of them must ask at once; the first one gets
        the whole state, on the CPU, under the names of the unsharded model.
        """
        states: dict[str, Any] = {}
        for top in self.modules:
            states[_free_name(class_name(top), states)] = whole_state(top) if is_sharded(top) else top.state_dict()
        inside = {id(tensor) for top in self.modules for tensor in top.parameters()}
        outside = [whole_tensor(tensor.detach()) for tensor in self._optimized() if id(tensor) not in inside]
        if outside:
            states["tensors outside modules"] = outside
        return states

    def _optimized(self) -> Iterable[torch.Tensor]:
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                yield from group["params"]


def write(states: dict[str, Any], path: Path) -> None:
    """Write a state atomically, by a temporary name and a rename.

    Raises:
        OSError, RuntimeError: It cannot be written; torch's writer raises the latter on a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    _save(states, part)
    part.replace(path)


def living_modules() -> list[nn.Module]:
    """Every module of this process whose construction is complete."""
    modules = [candidate for candidate in gc.get_objects() if issubclass(type(candidate), nn.Module)]
    return [module for module in modules if "_modules" in vars(module)]


def original(module: nn.Module) -> nn.Module:
    """The module itself, where `torch.compile` wrapped it."""
    return vars(module)["_modules"].get("_orig_mod", module)


def owners(tensors: list[torch.Tensor]) -> list[nn.Module]:
    """The outermost modules that contain any of the tensors, in the tensors' order."""
    place = {id(tensor): number for number, tensor in reversed(list(enumerate(tensors)))}
    owners: list[tuple[int, nn.Module]] = []
    for module in living_modules():
        places = [place[id(tensor)] for tensor in module.parameters() if id(tensor) in place]
        if places and original(module) is module:
            owners.append((min(places), module))
    inner = {id(part) for _, owner in owners for part in owner.modules() if part is not owner}
    owners.sort(key=lambda owner: owner[0])
    return [owner for _, owner in owners if id(owner) not in inner]


@dataclass
class Copy:
    """A copy of weights, buffers, optimizers and scalers, put back in place."""

    tensors: list[tuple[torch.Tensor, torch.Tensor]]
    optimizers: list[tuple[Optimizer, dict[Any, Any], list[dict[str, Any]]]]
    scalers: list[tuple[Any, dict[str, Any]]]

    @classmethod
    @torch.no_grad()
    def take(cls, model: Model) -> "Copy":
        """Copy the state as it is now."""
        return cls(
            [(tensor, tensor.detach().clone()) for tensor in model.tensors()],
            [(optimizer, _cloned(optimizer.state), _cloned_groups(optimizer)) for optimizer in model.optimizers],
            [(scaler, dict(scaler.state_dict())) for scaler in model.scalers],
        )

    @torch.no_grad()
    def put_back(self) -> None:
        """Restore the state; tensors keep their identity, optimizer entries made since are dropped."""
        for tensor, value in self.tensors:
            tensor.copy_(value)
        for optimizer, state, groups in self.optimizers:
            optimizer.state.clear()
            optimizer.state.update(_cloned(state))
            for group, entries in zip(optimizer.param_groups, groups, strict=False):
                group.update(_cloned(entries))
        for scaler, state in self.scalers:
            scaler.load_state_dict(state)


def _cloned_groups(optimizer: Optimizer) -> list[dict[str, Any]]:
    """What an optimizer keeps of its own in its groups (Prodigy's estimate, the weights of an average)."""
    return [
        {name: _cloned(value) for name, value in group.items() if name not in _SCRIPTS_OWN}
        for group in optimizer.param_groups
    ]


def _cloned(value: Any) -> Any:
    """The value with every tensor in it cloned; parameters that serve as keys stay themselves."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _cloned(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_cloned(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _free_name(name: str, taken: Iterable[str]) -> str:
    names, number = set(taken), 2
    candidate = name
    while candidate in names:
        candidate, number = f"{name} {number}", number + 1
    return candidate
