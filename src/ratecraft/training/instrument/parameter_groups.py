"""Splits the parameters of a model into groups with their own rates: by depth, by kind, body and head.

Path:   a torch model -> its layers, in order -> entries for `param_groups` of any torch optimizer.
Units:  rates are absolute; a factor is a share of the head's rate.

Layers are read off the module tree. Where blocks of one class follow one another in a `Sequential` or `ModuleList` (the
blocks of a transformer, the stages of a convolutional net), each of them is a layer; what stands before the first one
(stem, embeddings) is one layer, what stands between goes with the next block, and what stands behind the last one with
that. A model without blocks has a layer for each module with weights; a norm goes with what it follows. The order is
that in which the model registers its modules.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.recipes.layers import Head, Weights, factor_of_depth, head_of
from ratecraft.training.instrument.splitting import named_modules, weights_of

_Entries: TypeAlias = dict[str, Any]
_STACKS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


@dataclass(frozen=True, slots=True)
class Layer:
    """Parameters of one depth, in the order of the model.

    Attributes:
        name: Their module; `head` for the head.
        parameters: Their names, without untrained ones; tied ones are listed once.
    """

    name: str
    parameters: tuple[str, ...]


def head_of_model(
    model: nn.Module, head: str = "", pretrained: Mapping[str, torch.Tensor] | None = None
) -> tuple[Head, tuple[Weights, ...]]:
    """The head of a model, how it was found, and all the model's parameters.

    Args:
        model: The model.
        head: Names or patterns (`recipes.layers.head_of`); empty to look for it.
        pretrained: The values that the body started from, by name: what is equal to them was loaded.

    Raises:
        InvalidInput: No parameter matches the user's head (`groups-head-unknown`).
    """
    known = tuple(weights_of([model]))
    if pretrained is not None:
        values = dict(model.named_parameters())
        known = tuple(
            replace(weight, loaded=_is_equal(values[weight.name], pretrained.get(weight.name))) for weight in known
        )
    found = head_of(known, head)
    if head and not found.names:
        raise InvalidInput("groups-head-unknown", head=head)
    return found, known


def layers_of_model(model: nn.Module, head: Sequence[str] = ()) -> tuple[Layer, ...]:
    """The layers of a model from its input to its output, the head last.

    Args:
        model: The model.
        head: Names of the head's parameters.

    Example:
        >>> block = lambda: nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), block(), block(), nn.Flatten(), nn.Linear(4, 2))
        >>> [layer.name for layer in layers_of_model(model, ["4.weight", "4.bias"])]
        ['stem', '1', '2', 'head']
    """
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    own = set(head)
    places = _places(model)
    named: dict[str, list[str]] = {}
    for name in trained:
        if name not in own:
            named.setdefault(_place_of(name, places), []).append(name)
    order = list(dict.fromkeys(places.values()))
    body = [Layer(place, tuple(named[place])) for place in order if place in named]
    last = tuple(name for name in trained if name in own)
    return (*body, *((Layer("head", last),) if last else ()))


def groups_of_model(
    model: nn.Module,
    layers: Sequence[Layer],
    known: Sequence[Weights],
    rate: float,
    factors: Sequence[float],
    weight_decay: float | None,
    *,
    spare: bool,
) -> tuple[_Entries, ...]:
    """Groups of layers, each split in two if some of its parameters are exempt from weight decay.

    Args:
        model: Holds the parameters.
        layers: From input to output.
        known: What each parameter is.
        rate: Rate of the head.
        factors: One per layer.
        weight_decay: Weight decay of the parameters that are not exempt; None leaves it to the optimizer.
        spare: Norms, biases and embeddings decay by 0.
    """
    parameters, kinds = dict(model.named_parameters()), {weight.name: weight.kind for weight in known}
    groups: list[_Entries] = []
    for layer, factor in zip(layers, factors, strict=True):
        spared = [name for name in layer.parameters if spare and kinds[name] != "weight"]
        decaying = [name for name in layer.parameters if name not in set(spared)]
        for names, decay in ((decaying, weight_decay), (spared, 0.0)):
            if names:
                entries = {"params": [parameters[name] for name in names], "lr": rate * factor, "name": layer.name}
                groups.append(entries if decay is None else {**entries, "weight_decay": decay})
    return tuple(groups)


def by_depth(layers: Sequence[Layer], decay: float) -> list[float]:
    """The factor of each layer: 1 for the last, times `decay` for each layer before it.

    Raises:
        InvalidInput: Same as `factor_of_depth`.
    """
    return [factor_of_depth(place, len(layers), decay) for place in range(len(layers))]


def _is_equal(parameter: torch.Tensor, other: torch.Tensor | None) -> bool:
    return other is not None and parameter.shape == other.shape and torch.equal(parameter.detach(), other.to(parameter))


def _place_of(name: str, places: Mapping[str, str]) -> str:
    """The layer of a parameter: that of the innermost module that has one."""
    path = name
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path, next(iter(places.values())))


def _places(model: nn.Module) -> dict[str, str]:
    """Path of a module or parameter to the layer that it belongs to, in order."""
    parts = list(_parts(model, ""))
    if not any(is_block for _, is_block in parts):
        return _leaf_places(model)
    blocks = [at for at, (_, is_block) in enumerate(parts) if is_block]
    places: dict[str, str] = {}
    for at, (path, is_block) in enumerate(parts):
        if is_block:
            places[path] = path
        elif at < blocks[0]:
            places[path] = "stem"
        else:
            places[path] = parts[next((block for block in blocks if block > at), blocks[-1])][0]
    return places


def _parts(module: nn.Module, path: str) -> Iterator[tuple[str, bool]]:
    """What a model is made of, in order: whether each is a block."""
    yield from ((name, False) for name, _ in module.named_parameters(path, recurse=False))
    holders = [child for child in module.children() if any(map(_blocks, child.modules()))]
    blocks = [] if holders else _blocks(module)  # beside stages, what stands alone only leads to the next one
    for name, child in module.named_children():
        here = f"{path}.{name}" if path else name
        if next(child.parameters(), None) is None:
            continue
        if child in holders:
            yield from _parts(child, here)
        else:
            yield here, child in blocks


def _blocks(module: nn.Module) -> list[nn.Module]:
    """The blocks that it holds: at least two modules of one class, each of several modules."""
    if not isinstance(module, _STACKS):
        return []
    able = [child for child in module.children() if next(child.parameters(), None) is not None and not _is_piece(child)]
    count = Counter(map(type, able))
    return [parameter for parameter in able if count[type(parameter)] > 1]


def _is_piece(module: nn.Module) -> bool:
    """A single operation; or a convolution with its norm and activation as a class of its own, a part of blocks."""
    inside = list(module.children())
    if not inside:
        return True
    is_chain = isinstance(module, nn.Sequential) and type(module) is not nn.Sequential
    return is_chain and all(next(parameter.children(), None) is None for parameter in inside)


def _leaf_places(model: nn.Module) -> dict[str, str]:
    """Each module with weights is a layer; a norm goes with the one before it."""
    places: dict[str, str] = {}
    last = ""
    for path, module in named_modules(model):
        if next(module.parameters(recurse=False), None) is None:
            continue
        is_norm = "norm" in type(module).__name__.lower()
        last = last if is_norm and last else path or "stem"
        places[path] = last
    return places
