"""Mirrors training/observing/each_rank/marking.py: what it costs to know which weights belong together."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import debugging_hooks
from torch.nn.parallel import DistributedDataParallel

from ratecraft.records.watching.observed import Fact
from ratecraft.training.observing.each_rank.mark import marks_in
from ratecraft.training.observing.each_rank.marking import Marking


@pytest.fixture
def _group(tmp_path: Path) -> Iterator[None]:
    distributed: Any = torch.distributed
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'met'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def train(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for _ in range(4):
        model(torch.ones(2, 3)).sum().backward()
        optimizer.step()


@pytest.mark.usefixtures("_group")
def test_a_wrapper_that_is_heard_to_be_made_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    told, searches = dict[str, Fact](), list[int]()
    objects = gc.get_objects
    monkeypatch.setattr(gc, "get_objects", lambda: searches.append(1) or objects())
    marking = Marking(told.update, 1)
    model = DistributedDataParallel(nn.Linear(3, 1))
    train(model, torch.optim.SGD(model.parameters(), lr=0.1))
    marking.close()
    assert [mark.sharing for mark in marks_in(told).values() if mark.common.values] == ["common"] * 4
    assert not searches


@pytest.mark.usefixtures("_group")
def test_a_wrapper_that_was_made_before_is_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = DistributedDataParallel(nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    told, searches = dict[str, Fact](), list[int]()
    # Other tests of this process may have left wrappers behind; only the one above is of interest.
    monkeypatch.setattr(gc, "get_objects", lambda: searches.append(1) or [model])
    marking = Marking(told.update, 1)
    train(model, optimizer)
    marking.close()
    assert [mark.sharing for mark in marks_in(told).values() if mark.common.values] == ["common"] * 4
    assert len(searches) == 1


@pytest.mark.usefixtures("_group")
def test_a_wrapper_of_weights_that_are_not_trained_says_nothing_of_those_that_are() -> None:
    told = dict[str, Fact]()
    marking = Marking(told.update, 1)
    frozen: Any = DistributedDataParallel(nn.Linear(5, 1))
    frozen.register_comm_hook(None, debugging_hooks.noop_hook)
    model = DistributedDataParallel(nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(model, optimizer)
    marking.close()
    assert [(mark.sharing, mark.common.values) for mark in marks_in(told).values() if mark.common.values] == [
        ("common", 4)
    ] * 4
    assert frozen.module.weight.grad is None
