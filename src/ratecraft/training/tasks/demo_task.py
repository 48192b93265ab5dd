"""The task that `ratecraft demo` tunes: telling which of three spirals a point lies on.

Path:   drawn points, a small network, a rate that is far too low -> a `Task` that needs no file and no network.
Units:  steps are optimizer steps.
"""

import math
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import TensorDataset

from ratecraft.training.tasks.task import Task

_SPIRALS, _POINTS, _HELD_OUT = 3, 2048, 512
_STEPS = 1000


def demo_task() -> Task:
    """The task, the same at every call after one seed.

    Example:
        >>> demo_task()
        Task(Sequential of 4547 parameters, AdamW, 1000 steps)
    """
    points, spirals = _points(_POINTS + _HELD_OUT)
    held_out = points[_POINTS:], spirals[_POINTS:]
    model = nn.Sequential(
        nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.05), nn.Linear(64, _SPIRALS)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        place, spiral = batch
        return cross_entropy(model(place), spiral)

    def val_loss(model: nn.Module) -> float:
        return cross_entropy(model(held_out[0]), held_out[1]).item()

    data = TensorDataset(points[:_POINTS], spirals[:_POINTS])
    return Task(model, optimizer, loss, data, val_loss, steps=_STEPS, batch_size=64)


def _points(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Places along the spirals, with noise, and the spiral of each."""
    draw = torch.Generator().manual_seed(0)
    spiral = torch.randint(_SPIRALS, (count,), generator=draw)
    along = torch.rand(count, generator=draw).sqrt()
    angle = 2.5 * math.pi * along + 2 * math.pi * spiral / _SPIRALS
    noise = 0.03 * torch.randn(count, 2, generator=draw)
    return torch.stack([along * angle.cos(), along * angle.sin()], 1) * 2 + noise, spiral
