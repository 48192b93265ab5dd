"""Tiny tasks for the tests of runs in this process, and digests that tell whether anything of a training changed."""

import hashlib
import random
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.tasks.task import Task

END = StopRule()
FIGURE = Evaluate("figure", "val_loss")
FROZEN = Evaluate("frozen", steps=2)
NATURAL = Evaluate("natural", "val_loss")

OPTIMIZERS: Mapping[str, Callable[[Any], Optimizer]] = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, foreach=True),
    "sgd fused": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True, fused=True),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.01, amsgrad=True),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.01, foreach=True),
    "adamw fused": lambda groups: torch.optim.AdamW(groups, lr=0.01, fused=True),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.01, momentum=0.5, centered=True),
    "adagrad": lambda groups: torch.optim.Adagrad(groups, lr=0.05),
    "adagrad fused": lambda groups: torch.optim.Adagrad(groups, lr=0.05, fused=True),
}


def stateful_loader(data: Any, batch_size: int, **options: Any) -> DataLoader[Any]:
    """torchdata's loader that keeps its own state; the test is skipped where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls what torch has deprecated
        loading = pytest.importorskip("torchdata.stateful_dataloader")
        return loading.StatefulDataLoader(data, batch_size, **options)


class Noise(nn.Module):
    """Adds noise; keeps a buffer that is no part of the state dict, a counter and a tensor beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1), persistent=False)
        self.calls = 0
        self.last = torch.zeros(1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.calls += 1
            self.mean = 0.9 * self.mean + 0.1 * inputs.detach().mean().float()
            self.last = inputs.detach().mean().reshape(1)
        return inputs + 0.01 * self.mean + 0.001 * self.calls


@dataclass
class Trouble:
    """Raises out of a task's loss, when it is told to."""

    error: BaseException | None = None

    def strike(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass(frozen=True)
class Kind:
    """What a tiny task is made of."""

    optimizer: str = "sgd"
    dropout: float = 0.0
    batch_norm: bool = False
    shuffle: bool = True
    stateful: bool = False
    accumulate: int = 1
    autocast: torch.dtype | None = None
    scale: float = 0.0
    scheduler: bool = False
    clip_norm: float | None = None
    steps: int = 16
    trouble: Trouble = field(default_factory=Trouble)


def make_task(kind: Kind | None = None, **changes: Any) -> Task:
    """A task of 40 samples; batches of 6, so that the last one of an epoch is smaller."""
    kind = kind or Kind(**changes)
    torch.manual_seed(7)
    inputs = torch.randn(40, 3)
    targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5]])
    norm: list[nn.Module] = [nn.BatchNorm1d(5)] if kind.batch_norm else []
    model = nn.Sequential(nn.Linear(3, 5), *norm, nn.Dropout(kind.dropout), Noise(), nn.Linear(5, 1))
    groups = [{"params": model[:-1].parameters()}, {"params": model[-1].parameters(), "lr": 0.005}]
    optimizer = OPTIMIZERS[kind.optimizer](groups)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, kind.steps) if kind.scheduler else None

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        kind.trouble.strike()
        noise = random.gauss() + np.random.randn()  # every global generator takes part
        return nn.functional.mse_loss(model(batch[0] + 0.01 * noise), batch[1])

    def validation(model: nn.Module) -> float:
        return nn.functional.mse_loss(model(inputs + 0.01 * torch.randn(1)), targets).item()

    data, make_loader = TensorDataset(inputs, targets), stateful_loader if kind.stateful else DataLoader
    return Task(
        model,
        optimizer,
        loss,
        make_loader(data, 6, shuffle=kind.shuffle),
        validation,
        steps=kind.steps,
        scheduler=scheduler,
        scaler=torch.amp.GradScaler("cpu", init_scale=kind.scale, growth_interval=3) if kind.scale else None,
        autocast=kind.autocast,
        accumulate=kind.accumulate,
        clip_norm=kind.clip_norm,
        evaluate_every=3,
    )


def at(rate: float) -> Mapping[str, Schedule]:
    return {"rate": constant(rate)}


def digest(*values: Any) -> str:
    """A hash of all tensors and plain values in these, bit for bit."""
    hashed = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, torch.Tensor):
            hashed.update(f"{value.dtype}{tuple(value.shape)}".encode())
            hashed.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
        elif isinstance(value, np.ndarray):
            hashed.update(value.tobytes())
        elif isinstance(value, Mapping):
            for key, each in value.items():
                add(key)
                add(each)
        elif isinstance(value, list | tuple):
            for each in value:
                add(each)
        else:
            hashed.update(repr(value).encode())

    add(values)
    return hashed.hexdigest()


def digest_of(model: nn.Module, optimizer: Optimizer, scheduler: Any = None, scaler: Any = None) -> str:
    """Of a training's own objects: weights, all buffers, plain values, optimizer, scheduler, scaler."""
    noise = [(module.calls, module.last) for module in model.modules() if isinstance(module, Noise)]
    modes = [module.training for module in model.modules()]
    states = [each.state_dict() for each in (optimizer, scheduler, scaler) if each is not None]
    return digest(dict(model.named_parameters()), dict(model.named_buffers()), noise, modes, states)


def digest_of_generators() -> str:
    """Of the global generators."""
    return digest(random.getstate(), np.random.get_state(), torch.get_rng_state())
