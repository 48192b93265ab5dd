"""The complete state of a training between two steps, which can be restored bit for bit.

Path:   live model, optimizer, scheduler, scaler -> a `Snapshot` in the machine's memory -> the same live objects again.

Held are parameters, all buffers (non-persistent ones too) and plain values of every module, the optimizer's state and
groups, what scheduler and scaler tell of themselves. Generators and the place in the data are `random_state`'s and
`batches`'. Tensors keep their identity where they can, so that hooks and compiled code that know them stay right. Held
tensors lie in the machine's memory: runs that wait take none of the device's.

`state.Copy` is another thing: what the stop rule goes back to, while rates and schedulers go on.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True, slots=True)
class Live:
    """The live objects of a training.

    Attributes:
        model: The model.
        optimizer: Optimizer of the model.
        scheduler: The user's scheduler; None if there is none.
        scaler: A `GradScaler` that is in use; None if there is none.
    """

    model: nn.Module
    optimizer: Optimizer
    scheduler: Any = None
    scaler: Any = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A tensor in the machine's memory, and the device that it belongs to."""

    value: torch.Tensor
    device: torch.device


@dataclass(frozen=True, slots=True)
class ForwardState:
    """What a forward pass may change in a model, module by module: buffers and plain values, the mode among them."""

    modules: tuple[tuple[dict[str, Any], dict[str, Any]], ...]

    @classmethod
    @torch.no_grad()
    def take(cls, model: nn.Module) -> "ForwardState":
        """Hold it as it is now."""
        return cls(tuple((_held(_buffers(module)), _held(_plain(module))) for module in model.modules()))

    @torch.no_grad()
    def put_back(self, model: nn.Module) -> None:
        """Make it what it was."""
        for module, (buffers, plain) in zip(model.modules(), self.modules, strict=True):
            living = _buffers(module)
            for name, held in buffers.items():
                given = _given_back(held, living.get(name))
                if given is not living.get(name):  # the model has put another tensor in its place since
                    setattr(module, name, given)
            _put_back_plain(module, plain)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state, never changed once taken; any number of runs may continue from it.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> live = Live(layer, torch.optim.SGD(layer.parameters(), lr=0.1))
        >>> snapshot = Snapshot.take(live)
        >>> before = layer.weight.tolist()
        >>> _ = nn.init.zeros_(layer.weight)
        >>> snapshot.put_back(live)
        >>> layer.weight.tolist() == before
        True
    """

    forward: ForwardState
    parameters: tuple[tuple[_Held, bool], ...]
    states: tuple[tuple[Any, Any], ...]
    groups: tuple[dict[str, Any], ...]
    optimizer: dict[str, Any]
    scheduler: Any
    scaler: Any

    @classmethod
    @torch.no_grad()
    def take(cls, live: Live) -> "Snapshot":
        """Hold the state as it is now, between two steps."""
        return cls(
            forward=ForwardState.take(live.model),
            parameters=tuple((_held(parameter), parameter.requires_grad) for parameter in live.model.parameters()),
            states=tuple((parameter, _held(state)) for parameter, state in live.optimizer.state.items()),
            groups=tuple(_held(_entries(group)) for group in live.optimizer.param_groups),
            optimizer=_held(_plain(live.optimizer)),
            scheduler=None if live.scheduler is None else copy.deepcopy(live.scheduler.state_dict()),
            scaler=copy.deepcopy(live.scaler),
        )

    @torch.no_grad()
    def put_back(self, live: Live) -> None:
        """Make the living objects what they were; gradients are dropped."""
        self.forward.put_back(live.model)
        for parameter, (held, trained) in zip(live.model.parameters(), self.parameters, strict=True):
            parameter.copy_(held.value)
            parameter.requires_grad_(trained)
            parameter.grad = None
        self._put_back_optimizer(live.optimizer)
        if live.scheduler is not None:
            live.scheduler.load_state_dict(copy.deepcopy(self.scheduler))
        if live.scaler is not None:  # its own `load_state_dict` leaves what a step that failed has left
            vars(live.scaler).update(vars(copy.deepcopy(self.scaler)))  # pyright: ignore[reportUnknownMemberType]

    def _put_back_optimizer(self, optimizer: Optimizer) -> None:
        living = dict(optimizer.state)
        optimizer.state.clear()
        for parameter, state in self.states:
            optimizer.state[parameter] = _given_back(state, living.get(parameter))
        for group, entries in zip(optimizer.param_groups, self.groups, strict=True):
            for name in _entries(group).keys() - entries.keys():
                del group[name]
            group.update({name: _given_back(value, group.get(name)) for name, value in entries.items()})
        _put_back_plain(optimizer, self.optimizer)


def _buffers(module: nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.named_buffers(recurse=False, remove_duplicate=False))


def _plain(owner: object) -> dict[str, Any]:
    """Numbers, words and tensors that an object keeps as attributes: a counter, a moving mean, `training`."""
    kinds = (bool, int, float, str, torch.Tensor, type(None))
    return {name: value for name, value in vars(owner).items() if isinstance(value, kinds)}


def _put_back_plain(owner: object, plain: Mapping[str, Any]) -> None:
    living = _plain(owner)
    for name in living.keys() - plain.keys():
        del vars(owner)[name]
    vars(owner).update({name: _given_back(value, living.get(name)) for name, value in plain.items()})


def _entries(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name not in ("params", "param_names")}


def _held(value: Any) -> Any:
    """The value with nothing in it that changes later: every tensor copied."""
    match value:
        case torch.Tensor():
            return _Held(value.detach().to("cpu", copy=True), value.device)
        case dict():
            return {key: _held(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_held(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return copy.deepcopy(value)


def _given_back(held: Any, living: Any) -> Any:
    """The value again, its tensors copied into the living ones where these are of the same form."""
    match held:
        case _Held(value, device):
            if not _is_alike(living, value, device):
                return value.to(device, copy=True)
            living.copy_(value)
            return living
        case dict():
            inside = cast("dict[Any, Any]", living) if isinstance(living, dict) else {}
            return {key: _given_back(held_now, inside.get(key)) for key, held_now in held.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_given_back(entry, None) for entry in held]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return copy.deepcopy(held)


def _is_alike(living: Any, value: torch.Tensor, device: torch.device) -> bool:
    return (
        isinstance(living, torch.Tensor)
        and (living.shape, living.dtype, living.layout) == (value.shape, value.dtype, value.layout)
        and living.device == device
        and (value.layout is not torch.strided or living.stride() == value.stride())
    )
