"""The conformance suite of `Run`, held on a task in this process."""

import pytest
import torch
from tests.conformance.run_suite import END, Case, Heard, RunSuite
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.records.job import Evaluate
from ratecraft.records.storage.series import unpack
from ratecraft.records.treatment import SAME_BATCH, STANDARDISED, clipped
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.run import begin_run
from ratecraft.training.tasks.task import Task


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


@pytest.mark.parametrize("leaves", [0, 12])
@pytest.mark.parametrize("treatment", [clipped(0.5), STANDARDISED, SAME_BATCH])
def test_a_treatment_begins_with_a_branch_as_with_its_replay(treatment: str, leaves: int) -> None:
    engine, how = Engine(make_task(), threads=1), Evaluate("frozen", steps=4)
    before, branched, replayed, plain = Heard(), Heard(), Heard(), Heard()
    trunk = begin_run(engine, 0, before)
    trunk.advance({}, leaves, END)
    branch, other, replay = trunk.branch(branched), trunk.branch(plain), begin_run(engine, 0, replayed)
    replay.advance({}, leaves, END)
    branch.advance({}, leaves + 6, END, treatment=treatment)
    other.advance({}, leaves + 12, END)  # between two acts of the branch, on the same living copy
    branch.advance({}, leaves + 12, END, treatment=treatment)
    for middle in (leaves + 6, leaves + 12):
        replay.advance({}, middle, END, treatment=treatment)
    assert branch.evaluate(how) == replay.evaluate(how) != other.evaluate(how)
    blocks = [block for heard in (before, branched) for block in heard.blocks if block.name == "loss"]
    losses = [value for block in blocks for value in unpack(block.values)]
    assert losses == replayed.series("loss")


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
