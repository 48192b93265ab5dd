"""The conformance suite of `Run`, held on a task in this process."""

import pytest
import torch
from tests.conformance.run_suite import Case, RunSuite
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.records.job import Evaluate
from ratecraft.training.task import Task
from ratecraft.training.task_engine import Engine
from ratecraft.training.task_run import begin_run


def make_task() -> Task:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        inputs = torch.randn(512, 4)
        targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(512, 1)
        model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.5)
    return Task(
        model,
        optimizer,
        lambda model, batch: nn.functional.mse_loss(model(batch[0]), batch[1]),
        DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=24, shuffle=True),
        DataLoader(TensorDataset(inputs[384:], targets[384:]), batch_size=64),
        steps=80,
        evaluate_every=16,
    )


class TestTaskRun(RunSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> Case:
        engine = Engine(make_task(), threads=1)
        return Case(
            make=lambda heard: begin_run(engine, 0, heard),
            horizon=80,
            rate=0.03,
            too_high=8.0,
            figure=Evaluate("figure", "val_loss"),
        )
