"""Which parameters of a model are its head, by what their names and their history tell; and factors by depth.

Path:   parameters as `Weights`, in the order of the model -> names of the head, factors of layers.
Units:  a factor is a share of the head's rate.
Source: a head at the usual rate and a pretrained body at 1/10 of it, or ×0.65–0.75 a block (BEiT, MAE);
        1/2.6 a layer: ULMFiT (Howard & Ruder 2018).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput

Kind: TypeAlias = Literal["weight", "bias", "norm", "embedding"]
FoundBy: TypeAlias = Literal["told", "loaded", "frozen", "name", "last"]
"""How the head was found: by the user's word, as what was not loaded, as what alone is trained, by a usual name, or as
the last module that has weights."""

_USUAL = frozenset(
    {"head", "heads", "fc", "_fc", "classifier", "classif", "score", "lm_head", "qa_outputs", "last_linear"}
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One parameter.

    Attributes:
        name: Name in the model, with dots.
        values: Number of values.
        kind: What it is; what a norm has is `norm`, its bias too.
        trained: It requires a gradient.
        loaded: Whether its values were loaded; None if that is not known.
    """

    name: str
    values: int = 1
    kind: Kind = "weight"
    trained: bool = True
    loaded: bool | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The names of the head's parameters, in the model's order, and how they were found; no names where none were."""

    names: tuple[str, ...]
    by: FoundBy


def head_of(weights: Sequence[Weights], told: str = "") -> Head:
    """The head of a model, by the first rule that leaves something for head and body both.

    Told: parameters whose name has the given part between dots (`fc`, `classifier.1`) or fits a pattern (`*.out.*`).
    Else what was not loaded where the rest was; else a last module with a usual name (`head`, `fc`, `classifier`…);
    else what alone is trained at the end of a model that is frozen in the main; else the last module with weights,
    norms left aside, unless it is the end of the last of several blocks: then there is no head.

    Args:
        weights: In the order of the model.
        told: Parts of names or patterns, separated by commas.

    Example:
        >>> model = [Weights("layer1.weight"), Weights("layer1.bias"), Weights("fc.weight"), Weights("fc.bias")]
        >>> head_of(model)
        Head(names=('fc.weight', 'fc.bias'), by='name')
        >>> head_of(model, told="layer1").names
        ('layer1.weight', 'layer1.bias')
    """
    if told:
        patterns = [word.strip() for word in told.split(",") if word.strip()]
        return Head(
            tuple(weight.name for weight in weights if any(_fits(weight.name, one) for one in patterns)), "told"
        )
    trained = [weight for weight in weights if weight.trained]
    fresh = tuple(weight.name for weight in trained if weight.loaded is False)
    if fresh and any(weight.loaded for weight in trained):
        return Head(fresh, "loaded")
    named = _by_name(trained)
    if named:
        return Head(named, "name")
    last_frozen = max((place for place, weight in enumerate(weights) if not weight.trained), default=-1)
    alone = [weight for weight in weights[last_frozen + 1 :] if weight.trained]
    if last_frozen >= 0 and len(alone) == len(trained) and 2 * _values(alone) < _values(weights):
        return Head(tuple(weight.name for weight in alone), "frozen")
    modules = list(dict.fromkeys(weight.name.rpartition(".")[0] for weight in trained if weight.kind != "norm"))
    if not modules or _is_in_a_block(modules[-1], modules):
        return Head((), "last")
    return Head(_of_module(trained, modules[-1]), "last")


def factor_of_depth(place: int, layers: int, decay: float) -> float:
    """The factor of a layer under layer-wise decay: 1 for the last one, `decay` less for each one before it.

    Args:
        place: Place of the layer, 0 for the one nearest to the input.
        layers: Number of layers.
        decay: From one layer to the one before it, above 0 and at most 1.

    Raises:
        InvalidInput: No such layer, or a decay out of this range.

    Example:
        >>> [factor_of_depth(place, 3, 0.5) for place in range(3)]
        [0.25, 0.5, 1.0]
    """
    if not 0 <= place < layers:
        raise InvalidInput("layer-place", place=place, layers=layers)
    if not 0 < decay <= 1:
        raise InvalidInput("layer-decay", decay=decay)
    return float(decay ** (layers - 1 - place))


def _is_in_a_block(module: str, modules: Collection[str]) -> bool:
    """Whether the same module is there under another number: a language model may end in its last block."""
    shape, inside = re.sub(r"\d+", "#", module), re.search(r"\d[^.]*\.", module)
    return inside is not None and any(path != module and re.sub(r"\d+", "#", path) == shape for path in modules)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or f".{pattern}." in f".{name}."


def _by_name(weights: Sequence[Weights]) -> tuple[str, ...]:
    """The last part of the model, where it has a usual name; what only wraps the model is looked through."""
    prefix = ""
    while True:
        tops = list(dict.fromkeys(weight.name[len(prefix) :].partition(".")[0] for weight in weights))
        if len(tops) != 1 or not all(weight.name.startswith(f"{prefix}{tops[0]}.") for weight in weights):
            break
        prefix += f"{tops[0]}."
    if len(tops) < 2 or tops[-1] not in _USUAL:
        return ()
    return _of_module(weights, f"{prefix}{tops[-1]}")


def _values(weights: Collection[Weights]) -> int:
    return sum(weight.values for weight in weights)


def _of_module(weights: Sequence[Weights], module: str) -> tuple[str, ...]:
    """What a module holds; of the model itself, only what it holds beside its modules."""
    return tuple(
        weight.name
        for weight in weights
        if weight.name.startswith(f"{module}.") or weight.name.rpartition(".")[0] == module
    )
