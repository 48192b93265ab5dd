"""Checks what a task's functions return: the loss of a batch, and the named figures of a validation.

Path:   the user's `loss` and `validation` -> one number of a batch, named numbers of a model.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.batches import copy_of_loader, samples_in
from ratecraft.training.tasks.named_figures import named_figures
from ratecraft.training.tasks.task import Task


def single_loss(task: Task, model: nn.Module, batch: Any) -> torch.Tensor:
    """The loss of one batch.

    Raises:
        InvalidInput: It is not a single number (`task-loss-value`).
    """
    with _autocast(task, model):
        loss: Any = task.loss(model, batch)
    if isinstance(loss, torch.Tensor) and loss.numel() == 1:
        return loss
    given = f"Tensor{list(loss.shape)}" if isinstance(loss, torch.Tensor) else type(loss).__name__
    raise InvalidInput("task-loss-value", given=given)


def figures_of(task: Task, model: nn.Module) -> Mapping[str, float]:
    """The figures that the task's validation gives for a model, by their normal names.

    Raises:
        InvalidInput: The figures are not numbers, or there are none (`task-validation-value`).
    """
    validation = task.validation
    if validation is None:
        return {}
    if isinstance(validation, DataLoader):
        return {"val_loss": _mean_loss(task, model, validation)}  # pyright: ignore[reportUnknownArgumentType]
    return named_figures(validation, validation(model))


def _mean_loss(task: Task, model: nn.Module, loader: DataLoader[Any]) -> float:
    """The mean over a loader's samples, each batch of it as heavy as its samples are many."""
    losses: list[float] = []
    weights: list[int] = []
    for batch in copy_of_loader(loader):
        losses.append(single_loss(task, model, batch).item())
        weights.append(samples_in(batch) or 1)
    if not losses:
        raise InvalidInput("task-validation-empty")
    return math.fsum(loss * weight for loss, weight in zip(losses, weights, strict=True)) / sum(weights)


def _autocast(task: Task, model: nn.Module) -> AbstractContextManager[Any]:
    if task.autocast is None:
        return nullcontext()
    return torch.autocast(next(model.parameters()).device.type, dtype=task.autocast)
