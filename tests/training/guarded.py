"""A small training under a guard that does what is written: what the tests of the guard at work train."""

from collections.abc import Mapping
from typing import Any

import torch
from tests.training.watched import Seen
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from ratecraft.records.watching.guarding import Action, Policy, Reading, Validated
from ratecraft.training.observing.sensor import Sensor

__all__ = ["Script", "guarded", "state", "step"]


class Script:
    """A policy that does what is written for a step, and remembers what it was asked."""

    def __init__(self, acts: Mapping[int, tuple[Action, ...]], scored: tuple[Action, ...] = ()) -> None:
        self.acts, self.scored, self.asked = acts, scored, list[Reading]()

    def __call__(self, state: Any, reading: Reading) -> tuple[Any, tuple[Action, ...]]:
        self.asked.append(reading)
        return None, self.scored if isinstance(reading, Validated) else self.acts.get(reading.step, ())


def guarded(optimizer: Optimizer, policy: Policy, *, holds: bool = False) -> tuple[Sensor, Seen]:
    seen = Seen()
    sensor = Sensor(seen, policy=policy, holds=holds)
    sensor.follow(optimizer)
    return sensor, seen


def step(net: nn.Module, optimizer: Optimizer, scale: float = 1.0, *, clip: float = 0.0) -> None:
    inputs = torch.randn(16, 6)
    optimizer.zero_grad()
    (scale * nn.functional.mse_loss(net(inputs), inputs.sum(1, keepdim=True))).backward()
    if clip:
        clip_grad_norm_(net.parameters(), clip)
    optimizer.step()


def state(net: nn.Module, optimizer: Optimizer) -> str:
    weights = [each.numpy().tobytes() for each in net.state_dict().values()]
    return str((weights, optimizer.state_dict()))
