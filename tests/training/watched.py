"""A small training that can be watched: what every test of the watch trains."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.observing.sensor import Sensor

__all__ = ["Seen", "model", "train"]


class Seen:
    """What a sensor told, joined."""

    def __init__(self) -> None:
        self.pieces: list[ObservedRun] = []

    def __call__(self, piece: ObservedRun) -> None:
        self.pieces.append(piece)

    def steps(self, name: str) -> list[int]:
        return [step for piece in self.pieces if name in piece.series for step in piece.series[name].steps.tolist()]

    def values(self, name: str) -> list[float]:
        return [value for piece in self.pieces if name in piece.series for value in piece.series[name].values.tolist()]

    @property
    def names(self) -> set[str]:
        return {name for piece in self.pieces for name in piece.series}

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for piece in self.pieces for name, value in piece.facts.items()}


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.Dropout(0.1), nn.ReLU(), nn.Linear(16, 1))


def train(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    steps: int = 100,
    *,
    before_step: Callable[[int], None] = lambda step: None,
    sensor: Sensor | None = None,
) -> list[float]:
    """Train, and close the sensor; the losses."""
    losses: list[float] = []
    for step in range(steps):
        inputs = torch.randn(16, 6)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(inputs), inputs.sum(1, keepdim=True).sin())
        loss.backward()
        before_step(step)
        optimizer.step()
        losses.append(loss.item())
    if sensor is not None:
        sensor.close()
    return losses
