"""A final run that over-fits ends at the same step, and is made again alike, as a task, forked and replayed.

One weight is learned so slowly that no probe comes far, and what validates wants three fifths of it: it is best after
about a third of the full run, and only the full run can show it.
"""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from tests.conformance.test_same_study import Studied, studied
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending
from ratecraft.training.tasks.task import Task

KINDS = ("forked", "replayed")
EPOCHS = 32
HORIZON = 24 * EPOCHS

SCRIPT = f"""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    inputs = torch.randn(512, 2) * torch.tensor([1.0, 0.072])
    wanted, slower = torch.tensor([[1.0], [32.0]]), torch.tensor([[1.0], [19.2]])
    targets = torch.cat((inputs[:384] @ wanted, inputs[384:] @ slower))
    loader = DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=16, shuffle=True)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    torch.manual_seed(0)
    for epoch in range({EPOCHS}):
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            print(f"epoch {{epoch}} val_loss {{nn.functional.mse_loss(model(inputs[384:]), targets[384:]).item()}}")
"""


def make_task() -> Task:
    """The script's training, as a task."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        inputs = torch.randn(512, 2) * torch.tensor([1.0, 0.072])
        wanted, slower = torch.tensor([[1.0], [32.0]]), torch.tensor([[1.0], [19.2]])
        targets = torch.cat((inputs[:384] @ wanted, inputs[384:] @ slower))
        model = nn.Linear(2, 1)
    return Task(
        model,
        torch.optim.SGD(model.parameters(), lr=0.2),
        lambda model, batch: nn.functional.mse_loss(model(batch[0]), batch[1]),
        DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=16, shuffle=True),
        lambda model: nn.functional.mse_loss(model(inputs[384:]), targets[384:]).item(),
        steps=HORIZON,
        evaluate_every=24,
    )


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Studied]:
    return cache(lambda kind: studied(kind, tmp_path_factory.mktemp(kind), make_task(), SCRIPT))


def final_jobs(found: Studied) -> list[Job]:
    return [job for job in found.jobs if job.schedules and job.stop is not None and job.stop > HORIZON // 4]


def test_the_final_run_ends_early_and_a_shorter_one_is_kept(studies: Callable[[str], Studied]) -> None:
    found = studies("task")
    longer, shorter = final_jobs(found)
    assert found.outcomes[longer.key]["ending"] == repr(Ending.ENDED_EARLY)
    assert found.answer is not None
    assert found.answer.final_job == shorter.key
    assert found.answer.tuned is not None
    assert found.answer.tuned.steps == shorter.stop
    assert found.runs <= 1.6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.soak
def test_every_kind_of_run_makes_the_same_of_it(studies: Callable[[str], Studied], kind: str) -> None:
    assert studies(kind).outcomes == studies("task").outcomes
    assert repr(studies(kind).answer) == repr(studies("task").answer)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.soak
def test_the_weights_of_the_shorter_run_are_the_same(studies: Callable[[str], Studied], kind: str) -> None:
    (ours,), (theirs,) = studies("task").models.values(), studies(kind).models.values()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
