"""Copies a task's objects, so that the user's own are never touched.

Path:   the user's model, optimizer, scheduler, scaler -> living copies that belong together as theirs do.
"""

import copy
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.snapshot import Live

_OWN_TO_THE_COPY = ("defaults", "state", "param_groups", "step")


def copied(model: nn.Module, optimizer: Optimizer, scheduler: Any = None, scaler: Any = None) -> Live:
    """Copies of all, the optimizer's of the copied model's parameters, the scheduler's of the copied optimizer.

    Raises:
        InvalidInput: One of them cannot be copied (`task-copy`).

    Example:
        >>> import torch
        >>> layer = nn.Linear(2, 1)
        >>> live = copied(layer, torch.optim.SGD(layer.parameters(), lr=0.1))
        >>> live.optimizer.param_groups[0]["params"][0] is next(iter(live.model.parameters()))
        True
    """
    memo: dict[int, Any] = {}
    of_model = _copy("model", model, memo)
    of_optimizer = _copy("optimizer", optimizer, memo)
    for name, value in vars(optimizer).items():  # torch's own way to copy one leaves out all but its state
        if name not in _OWN_TO_THE_COPY:
            setattr(of_optimizer, name, _copy("optimizer", value, memo))
    of_scheduler = _copy("scheduler", scheduler, memo)
    if scheduler is not None:
        _track_steps(of_optimizer)
        for group, original in zip(of_optimizer.param_groups, optimizer.param_groups, strict=True):
            group.update({name: _copy("optimizer", original[name], {}) for name in original if name != "params"})
    return Live(of_model, of_optimizer, of_scheduler, _copy("scaler", scaler, memo))


def _track_steps(optimizer: Optimizer) -> None:
    """Let a scheduler that was not made for this optimizer see that it steps: torch tracks that for any made for it."""
    LambdaLR(optimizer, lambda step: 1.0)


def _copy(part: str, value: Any, memo: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, memo)
    except Exception as error:
        raise InvalidInput("task-copy", part=part, reason=f"{type(error).__name__}: {error}") from error
