"""Mirrors training/tasks/facts.py: what a task tells before it is run."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from ratecraft.training.tasks.facts import task_facts
from ratecraft.training.tasks.task import Task

DATA = TensorDataset(torch.zeros(40, 3), torch.zeros(40, 1))


class _Stream(IterableDataset[Any]):
    def __iter__(self) -> Any:
        yield from DATA


def task_of(data: Any, **how: Any) -> Task:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.Adam([{"params": [model.weight], "lr": 1e-2}, {"params": [model.bias]}], lr=1e-3)
    return Task(model, optimizer, lambda model, batch: model(batch[0]).mean(), data, steps=30, **how)


@pytest.mark.parametrize(
    ("data", "how", "samples", "length"),
    [
        (DATA, {"batch_size": 8}, 8.0, 40),
        (DATA, {"batch_size": 8, "accumulate": 3}, 24.0, 40),
        (DataLoader(DATA, batch_size=5), {}, 5.0, 40),
        (DataLoader(DATA, batch_sampler=[[0, 1], [2, 3]]), {}, None, 40),
        (_Stream(), {"batch_size": 4}, 4.0, None),
        ([next(iter(DATA))], {}, None, None),
    ],
)
def test_batch_and_length_are_told_where_the_data_know_them(
    data: Any, how: dict[str, Any], samples: float | None, length: int | None
) -> None:
    facts = task_facts(task_of(data, **how))
    assert (facts.samples_per_step, facts.dataset_length) == (samples, length)


def test_groups_the_leading_rate_and_the_model_are_told() -> None:
    facts = task_facts(task_of(DATA, batch_size=8))
    assert [group.ratio for group in facts.groups] == [1.0, 0.1]
    assert (facts.own_rate, facts.leading, facts.horizon) == (1e-2, 0, 30)
    assert (facts.model.name, facts.model.parameters, facts.model.loaded) == ("Linear", 4, None)
