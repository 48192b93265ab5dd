"""`parameter_groups`: the parameters of a torch model as groups with rates of their own, ready for any optimizer.

Path:   a model, a rate, a factor for the body or for each layer -> `param_groups`, to be looked at before use.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ratecraft.errors import InvalidInput
from ratecraft.recipes.layers import FoundBy
from ratecraft.reporting.depth import GroupRow, depth_html, depth_text
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page, page_of
from ratecraft.schedules.groups import unfreezing
from ratecraft.schedules.lengths import finite_number, positive_number, shown
from ratecraft.schedules.trees.nodes import Schedule

_BODY = 0.1  # of the head's rate: a pretrained body's usual share (`recipes.layers`)


@dataclass(frozen=True, repr=False, eq=False)
class ParameterGroups(Sequence[dict[str, Any]]):
    """Groups in order from input to output: give them to an optimizer in place of `model.parameters()`.

    `print(groups)` is a table with the rate by depth; in a notebook they show themselves.

    Attributes:
        groups: The entries: `params`, `lr`, `name`, and `weight_decay` where it is not the optimizer's own.
        rows: The same as plain values.
        head: Names of the head's parameters; empty if none was found and none is needed.
        found_by: How it was found: `told`, `loaded` (by the pretrained values), `name`, `frozen` or `last`.
    """

    groups: tuple[dict[str, Any], ...]
    rows: tuple[GroupRow, ...]
    head: tuple[str, ...]
    found_by: FoundBy

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[dict[str, Any], ...]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | tuple[dict[str, Any], ...]:
        return self.groups[index]

    def __len__(self) -> int:
        return len(self.groups)

    def unfreezing(self, every: int, factor: Schedule | None = None) -> tuple[Schedule, ...]:
        """Gradual unfreezing, from the head down: one factor of the base rate for each group.

        Args:
            every: Optimizer steps from one layer to the one before it; in ULMFiT an epoch.
            factor: What they follow once they learn; None for their full rate.

        Raises:
            InvalidInput: Fewer than no steps.

        Example:
            >>> import torch
            >>> from torch import nn
            >>> groups = parameter_groups(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)), 0.1)
            >>> optimizer = torch.optim.SGD(groups)
            >>> factors = groups.unfreezing(every=10)
            >>> scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, [factor.at for factor in factors])
            >>> [(group["name"], group["lr"]) for group in optimizer.param_groups]
            [('body', 0.0), ('body', 0.0), ('head', 0.1), ('head', 0.1)]
        """
        names = list(dict.fromkeys(row.name for row in self.rows))
        factors = dict(zip(names, unfreezing(len(names), every, factor), strict=True))
        return tuple(factors[row.name] for row in self.rows)

    def __repr__(self) -> str:
        return f"ParameterGroups({len(self)} groups, head {', '.join(self.head) or 'none'} by {self.found_by})"

    def __str__(self) -> str:
        return depth_text(self.rows, page_of(sys.stdout, os.environ, choose_language(None, os.environ)))

    def _repr_html_(self) -> str:
        return depth_html(self.rows, Page(choose_language(None, os.environ)))


def parameter_groups(
    model: Any,
    rate: float,
    *,
    body: float | None = None,
    layer_decay: float | None = None,
    head: str | None = None,
    pretrained: Mapping[str, Any] | None = None,
    weight_decay: float | None = None,
    spare: bool = True,
) -> ParameterGroups:
    """Groups for fine-tuning: a body at a fraction of the head's rate, or rates that fall from layer to layer.

    Parameters that need no gradient are left out, and tied ones appear once. Layers are derived from the module tree,
    for models built like those of torchvision, timm and transformers and for a plain `Sequential`: print the result to
    check it.

    Args:
        model: A `torch.nn.Module`.
        rate: Rate of the head.
        body: The body's rate as a fraction of the head's. Default: 1/10, if no `layer_decay` is given.
        layer_decay: Factor from each layer to the one before it, instead of `body`: 0.65 to 0.75 for transformers
            (BEiT, MAE), 1/2.6 for ULMFiT.
        head: The head's parameters, by module name (`"fc"`, `"classifier.1"`) or pattern (`"*.out.*"`). Default: what
            differs from `pretrained`, or was not loaded while the rest was; else a last module with a usual name; else
            the only part that is trained; else the last module.
        pretrained: Values that the body started from, by name, as a `state_dict`.
        weight_decay: Weight decay of all parameters that decay. Default: the optimizer's own.
        spare: Whether norms, biases and embeddings have a weight decay of 0.

    Raises:
        InvalidInput: A number that is not allowed, both `body` and `layer_decay`, no head, or nothing to train.

    Example:
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 2))
        >>> groups = parameter_groups(model, 1e-3, weight_decay=0.05)
        >>> [(group["name"], group["lr"], group["weight_decay"]) for group in groups]
        [('body', 0.0001, 0.05), ('body', 0.0001, 0.0), ('head', 0.001, 0.05), ('head', 0.001, 0.0)]
    """
    from ratecraft.training.instrument.parameter_groups import (
        Layer,
        by_depth,
        groups_of_model,
        head_of_model,
        layers_of_model,
    )

    if body is not None and layer_decay is not None:
        raise InvalidInput("groups-two-ways", body=body, decay=layer_decay)
    rate, share = positive_number("rate", rate), positive_number("body", _BODY if body is None else body)
    decay = None if weight_decay is None else finite_number("weight_decay", weight_decay)
    if head is not None and not (isinstance(head, str) and head.strip(" ,")):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput("argument-head", given=shown(head))
    found, known = head_of_model(model, head or "", pretrained)
    layers = layers_of_model(model, found.names)
    if not layers:
        raise InvalidInput("groups-nothing-trained", model=type(model).__name__)
    if layer_decay is None:
        if not found.names:
            raise InvalidInput("groups-head-missing", model=type(model).__name__)
        of_body = tuple(name for layer in layers if layer.name != "head" for name in layer.parameters)
        layers = (*((Layer("body", of_body),) if of_body else ()), layers[-1])
        factors = [share, 1.0][-len(layers) :]
    else:
        factors = by_depth(layers, layer_decay)
    groups = groups_of_model(model, layers, known, rate, factors, decay, spare=spare)
    return ParameterGroups(groups, tuple(_row(group, rate) for group in groups), found.names, found.by)


def _row(group: Mapping[str, Any], rate: float) -> GroupRow:
    parameters: list[Any] = group["params"]
    values, decay = sum(parameter.numel() for parameter in parameters), group.get("weight_decay")
    return GroupRow(group["name"], group["lr"], group["lr"] / rate, len(parameters), values, decay)
