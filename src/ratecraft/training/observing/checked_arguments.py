"""Checks what a user passes to `watch`.

Path:   optimizers, a model, figures -> the sensor and its facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import Optimizer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import shown
from ratecraft.training.frameworks.adapting import own_optimizer

Followed: TypeAlias = Optimizer | Iterable[Optimizer]
"""One optimizer, or several that train together."""

Figure: TypeAlias = float | torch.Tensor
"""A number, or a tensor with one element."""

Model: TypeAlias = nn.Module


def optimizers_of(given: Followed) -> Sequence[Optimizer]:
    """The optimizers. One that accelerate has wrapped is the one within: that one steps, and has the hooks.

    What stands for one that a framework has made itself has all of an optimizer that is used here.

    Raises:
        InvalidInput: It is not one of torch's, and of no framework that is known (`task-optimizer`).
    """
    optimizers = list[object](given) if isinstance(given, Iterable) else [given]
    if not optimizers:
        raise InvalidInput("task-optimizer", given=type(given).__name__)
    return [_checked(each) for each in optimizers]


def _checked(given: object) -> Optimizer:
    if isinstance(given, Optimizer):
        return _within(given)
    own: Any = own_optimizer(given)
    if own is None:
        raise InvalidInput("task-optimizer", given=type(given).__name__)
    return own


def _within(optimizer: Optimizer) -> Optimizer:
    inner: object = getattr(optimizer, "optimizer", None)
    return _within(inner) if isinstance(inner, Optimizer) else optimizer


def figure_of(name: str, value: object) -> Figure:
    """The checked value of a figure.

    Raises:
        InvalidInput: It is not one number (`log-value`).
    """
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value
    if isinstance(value, int | float):
        return float(value)
    raise InvalidInput("log-value", name=name, given=shown(value), type=type(value).__name__)


def left_out(model: Model, optimizers: Iterable[Optimizer]) -> Mapping[str, float]:
    """How many values of a model require training, and how many of those no optimizer has, as facts of the run.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> dict(left_out(model, [torch.optim.SGD(model[1].parameters(), lr=0.1)]))
        {'parameters': 13.0, 'parameters_left_out': 9.0}
    """
    held = {id(each) for optimizer in optimizers for group in optimizer.param_groups for each in group["params"]}
    trained = [each for each in model.parameters() if each.requires_grad]
    lost = sum(each.numel() for each in trained if id(each) not in held)
    return {"parameters": float(sum(each.numel() for each in trained)), "parameters_left_out": float(lost)}
