"""Gives body and head rates of their own, in a script or task whose optimizer does not tell them apart.

Path:   the parameters of an optimizer -> body and head by name -> within each step, groups of their own.
Units:  a scale is a multiplier of the rate that a group has at that step; 0 freezes.

The script's groups are cut into parts just before a step and are whole again just after it: its schedulers, prints and
checkpoints, and any code that reads `param_groups[0]`, see what they always saw. The optimizer's state belongs to
parameters, so that a cut moves none of it, and updates are made parameter by parameter: parts of equal rates train bit
for bit as the whole does. What an optimizer keeps in a group itself stays with the whole group.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import torch
from torch import nn
from torch.optim import LBFGS, Optimizer
from torch.utils.weak import WeakTensorKeyDictionary

from ratecraft.errors import InvalidInput
from ratecraft.recipes.layers import Kind, Weights, head_of
from ratecraft.records.outcome import Parts
from ratecraft.training.instrument.loaded_weights import was_loaded
from ratecraft.training.instrument.state import owners

_Entries: TypeAlias = dict[str, Any]  # a parameter group of torch
_OURS = frozenset({"params", "param_names", "lr"})


@dataclass(frozen=True, slots=True)
class _Cut:
    """One group of the script while it is cut: what it held, and the groups that stand for it."""

    group: _Entries
    params: list[torch.Tensor]
    rate: Any
    pieces: list[_Entries]


class Splitting:
    """Splits the groups of optimizers into body and head during a step.

    Args:
        told: The head as given by the user (`recipes.layers.head_of`); empty to look for it.
        modules: The model, if known; otherwise the modules whose parameters an optimizer updates are looked up.
    """

    def __init__(self, told: str = "", modules: Iterable[nn.Module] = ()) -> None:
        self._told, self._modules = told, list(modules)
        self._sides: Any = WeakTensorKeyDictionary()  # a parameter to (is it of the head, its name)
        self._found_by = ""
        self._cuts: dict[int, _Cut] = {}
        self._wholes: list[tuple[Optimizer, list[_Entries]]] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "Splitting":
        """Shared by all runs of a task, since between two steps it only knows the model."""
        return self

    def meet(self, optimizer: Any) -> None:
        """Call before an optimizer's first step: finds which of its parameters are the head."""
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, LBFGS):
            return  # one that has no groups that could be replaced, or works on all parameters as one vector
        mine = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        if all(parameter in self._sides for parameter in mine):
            return
        tops = self._modules or owners(mine)
        named = [pair for top in tops for pair in top.named_parameters()]
        head = head_of(list(weights_of(tops)), self._told)
        names = set(head.names)
        self._found_by = self._found_by or head.by
        for name, parameter in named:
            self._sides.setdefault(parameter, (name in names, name))

    def found(self) -> Parts:
        """Body and head of all optimizers seen by `meet`."""
        known = [(parameter, *side) for parameter, side in self._sides.items() if parameter.requires_grad]
        head = tuple(name for _, is_head, name in known if is_head)
        sizes = [sum(weight.numel() for weight, is_head, _ in known if is_head is wanted) for wanted in (True, False)]
        return Parts(head, self._found_by if head else "", *sizes)

    def split(self, optimizer: Any, scale: Mapping[str, float]) -> None:
        """Make body and head separate groups, at their own rates, until `join`.

        An optimizer that steps inside another one's step, and shares its groups, shares their parts.
        """
        factors = {True: scale.get("head", 1.0), False: scale.get("body", 1.0)}
        is_cut = any(optimizer is whole for whole, _ in self._wholes)
        if is_cut or not isinstance(optimizer, Optimizer) or not {"body", "head"} & scale.keys():
            return
        whole = optimizer.param_groups
        self._wholes.append((optimizer, whole))
        optimizer.param_groups = [piece for group in whole for piece in self._cut(group, factors).pieces]

    def join(self) -> None:
        """Make all groups whole again; safe if none is split.

        Raises:
            InvalidInput: The optimizer has written something else into one part's group than into the other's: it keeps
                sums there, and of those a group has only one.
        """
        while self._wholes:
            optimizer, whole = self._wholes.pop()
            optimizer.param_groups = whole
        cuts = list(self._cuts.values())
        self._cuts.clear()
        for cut in cuts:
            cut.group["params"] = cut.params
            if "lr" in cut.group:
                cut.group["lr"] = cut.rate
        differing = next((name for cut in cuts for name in _differing(cut)), None)
        if differing is not None:
            raise InvalidInput("groups-own-sums", name=differing)

    def _cut(self, group: _Entries, factors: Mapping[bool, float]) -> _Cut:
        known = self._cuts.get(id(group))
        if known is not None:
            return known
        params, rate = group["params"], group.get("lr")
        sides: dict[bool, list[torch.Tensor]] = {False: [], True: []}
        for parameter in params:
            sides[self._sides.get(parameter, (False, ""))[0]].append(parameter)
        # What is frozen takes no part in the step: a rate of 0 is not nothing to every optimizer.
        taking_part = [(factors[side], held) for side, held in sides.items() if held and factors[side] != 0]
        pieces = [group, copy.copy(group)][: len(taking_part)]
        for piece, (factor, held) in zip(pieces, taking_part, strict=True):
            piece["params"] = held
            if rate is not None and factor != 1:
                piece["lr"] = rate * factor  # of a tensor another one, for it may be the rate of other groups too
        self._cuts[id(group)] = cut = _Cut(group, params, rate, pieces)
        return cut


def weights_of(modules: Iterable[nn.Module]) -> Iterator[Weights]:
    """The parameters of modules as rules see them, in the order in which the model registers them; tied ones once."""
    seen = set[int]()
    for top in modules:
        loaded = any(was_loaded(parameter) for parameter in top.parameters())
        for path, module in named_modules(top):
            for name, parameter in module.named_parameters(path, recurse=False):
                if id(parameter) in seen:
                    continue
                seen.add(id(parameter))
                history = was_loaded(parameter) if loaded else None
                kind = kind_of(module, name, parameter)
                yield Weights(name, parameter.numel(), kind, parameter.requires_grad, history)


def named_modules(top: nn.Module) -> Iterable[tuple[str, nn.Module]]:
    """Every module inside, with its path and a type, which torch leaves open."""
    return cast("Iterable[tuple[str, nn.Module]]", top.named_modules())


def kind_of(module: nn.Module, name: str, parameter: torch.Tensor) -> Kind:
    """What a parameter is, by the module that holds it, its name and its shape."""
    if isinstance(module, nn.Embedding | nn.EmbeddingBag) or "embed" in name.rpartition(".")[2]:
        return "embedding"
    if "norm" in type(module).__name__.lower():
        return "norm"
    return "bias" if name.endswith("bias") or parameter.ndim < 2 else "weight"


def _differing(cut: _Cut) -> Iterator[str]:
    """The entries that the parts of a group do not agree on after a step."""
    if len(cut.pieces) < 2:
        return
    first, second = cut.pieces
    for name in (first.keys() | second.keys()) - _OURS:
        one, other = first.get(name), second.get(name)
        if one is other:
            continue
        tensors = isinstance(one, torch.Tensor) or isinstance(other, torch.Tensor)
        same = torch.equal(one, other) if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor) else False
        if not (same if tensors else one == other):
            yield name
