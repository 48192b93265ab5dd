"""What a task is made of, part by part: equal tasks are equal, and what differs is told apart and named."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.small_tasks import Kind, digest_of, digest_of_generators, make_task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.fingerprint import task_fingerprint
from ratecraft.training.tasks.task import Task

KIND = Kind(dropout=0.1, batch_norm=True, scheduler=True)


def loader(seed: int = 0, **how: Any) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(seed)
    data = TensorDataset(torch.randn(20, 3, generator=generator), torch.randn(20, 1, generator=generator))
    return DataLoader(data, **{"batch_size": 5, **how})


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    optimizer=st.sampled_from(["sgd", "adamw", "rmsprop"]),
    scheduler=st.booleans(),
    accumulate=st.sampled_from([1, 3]),
    autocast=st.sampled_from([None, torch.bfloat16]),
    scale=st.sampled_from([0.0, 8.0]),
    clip_norm=st.sampled_from([None, 0.5]),
)
def test_equal_tasks_are_made_of_the_same_and_nothing_of_them_changes(**kind: Any) -> None:
    task = make_task(Kind(**kind))
    before = digest_of(task.model, task.optimizer, task.scheduler, task.scaler), digest_of_generators()
    parts = task_fingerprint(task, threads=1)
    assert parts == task_fingerprint(make_task(Kind(**kind)), threads=1)
    assert (digest_of(task.model, task.optimizer, task.scheduler, task.scaler), digest_of_generators()) == before


def other_model(part: int, change: nn.Module) -> Task:
    task = make_task(KIND)
    task.model[part] = change  # pyright: ignore[reportIndexIssue]
    return task


def other_rate() -> Task:
    task = make_task(replace(KIND, scheduler=False))
    task.optimizer.param_groups[0]["lr"] = 0.06
    return task


def other_weight() -> Task:
    task = make_task(KIND)
    with torch.no_grad():
        next(task.model.parameters())[0, 0] += 1e-6
    return task


def used() -> Task:
    task = make_task(replace(KIND, scheduler=False))
    task.loss(task.model, next(iter(task.data))).backward()  # pyright: ignore[reportArgumentType]
    task.optimizer.step()
    task.optimizer.zero_grad()
    return task


CHANGES: dict[str, tuple[Task, Task, str]] = {
    "a rate": (make_task(replace(KIND, scheduler=False)), other_rate(), "optimizer"),
    "a weight": (make_task(KIND), other_weight(), "weights"),
    "dropout": (make_task(KIND), other_model(2, nn.Dropout(0.2)), "model"),
    "an optimizer": (
        make_task(replace(KIND, optimizer="adam")),
        make_task(replace(KIND, optimizer="rmsprop")),
        "optimizer",
    ),
    "an optimizer's state": (make_task(replace(KIND, scheduler=False)), used(), "optimizer"),
    "a scheduler": (make_task(KIND), make_task(replace(KIND, scheduler=False)), "scheduler"),
    "a scheduler's length": (make_task(KIND), replace(make_task(replace(KIND, steps=30)), steps=16), "scheduler"),
    "steps": (make_task(), replace(make_task(), steps=17), "steps"),
    "clipping": (make_task(), replace(make_task(), clip_norm=1.0), "clip_norm"),
    "a batch size": (replace(make_task(), data=loader()), replace(make_task(), data=loader(batch_size=4)), "data"),
    "data": (replace(make_task(), data=loader()), replace(make_task(), data=loader(1)), "first loss"),
    "validation data": (
        replace(make_task(), validation=loader()),
        replace(make_task(), validation=loader(1)),
        "validation",
    ),
    "a loss": (make_task(), replace(make_task(), loss=lambda model, batch: model(batch[0]).mean()), "loss"),
}


@pytest.mark.parametrize(("one", "other", "part"), CHANGES.values(), ids=CHANGES.keys())
def test_what_differs_is_named(one: Task, other: Task, part: str) -> None:
    ours, theirs = (task_fingerprint(task, threads=1) for task in (one, other))
    assert part in {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}


def test_the_optimizer_s_settings_can_be_read() -> None:
    assert task_fingerprint(make_task(Kind("adam")), threads=1)["optimizer"].startswith(
        "Adam(lr=0.01, betas=(0.9, 0.999)"
    )


def test_a_loss_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="The loss is not connected with the model"):
        task_fingerprint(replace(make_task(), loss=lambda model, batch: torch.zeros(1)))
