"""Mirrors training/tasks/noise_meter.py: when it measures, and that the run does not notice."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from ratecraft.records.job import Job, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.records.running import Unheard
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.noise_meter import measured_norms, squared_norms
from ratecraft.training.tasks.run import TaskRun, begin_run
from ratecraft.training.tasks.task import Task


def squared(model: Any, batch: Any) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


def begun(rate: float = 0.05) -> tuple[Engine, TaskRun]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1))
    inputs = torch.randn(60, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    data = TensorDataset(inputs, inputs.sum(1, keepdim=True))
    engine = Engine(Task(model, optimizer, squared, data, steps=50, batch_size=8))
    return engine, begin_run(engine, 0, Unheard(Job()))


def weights(engine: Engine) -> list[torch.Tensor]:
    return [value.clone() for value in engine.training.live.model.state_dict().values()]


def test_it_measures_in_the_middle_of_every_stretch() -> None:
    _, run = begun()
    norms = measured_norms(run, steps=50, every=10, batches=2)
    assert norms.steps == (5, 15, 25, 35, 45)
    assert (norms.trained, norms.ending) == (50, Ending.DONE)
    assert all(small >= large for small, large in zip(norms.small, norms.large, strict=True))


def test_the_run_goes_on_as_if_nothing_had_been_measured() -> None:
    """With dropout, batch norm and data that are drawn anew in every epoch."""
    measured, run = begun()
    measured_norms(run, steps=50, every=3, batches=3)
    plain, other = begun()
    other.advance({}, 50, StopRule())
    assert all(map(torch.equal, weights(measured), weights(plain)))


def test_a_run_that_blows_up_ends_the_measuring() -> None:
    _, run = begun(rate=1e12)
    assert measured_norms(run, steps=50, every=10, batches=2).ending is Ending.BLOWN_UP


@pytest.mark.parametrize("count", [2, 5])
def test_norms_are_those_of_the_vectors_written_out(count: int) -> None:
    draw = torch.Generator().manual_seed(1)
    gradients = [[torch.randn(3, 2, generator=draw), torch.randn(4, generator=draw)] for _ in range(count)]
    vectors = torch.stack([torch.cat([part.flatten() for part in parts]) for parts in gradients])
    small, large = squared_norms(gradients)
    assert small == pytest.approx(vectors.square().sum(1).mean().item(), rel=1e-6)
    assert large == pytest.approx(vectors.mean(0).square().sum().item(), rel=1e-6)
