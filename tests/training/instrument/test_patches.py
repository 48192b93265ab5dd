"""Mirrors training/instrument/patches.py: what it replaces in torch is what scripts pass through."""

import inspect
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import dataloader

from ratecraft.training.instrument import patches


def test_torch_wraps_the_step_of_each_class_with_what_is_replaced() -> None:
    source = inspect.getsource(Optimizer._patch_step_function)
    assert "self.profile_hook_step(" in source


def test_the_constructor_of_an_optimizer_adds_its_groups_by_what_is_replaced() -> None:
    assert "self.add_param_group(" in inspect.getsource(Optimizer.__init__)


def test_backward_of_a_tensor_looks_up_what_is_replaced() -> None:
    assert "torch.autograd.backward(" in inspect.getsource(torch.Tensor.backward)


def test_every_loader_iterator_fetches_by_what_is_replaced() -> None:
    single, several = dataloader._SingleProcessDataLoaderIter, dataloader._MultiProcessingDataLoaderIter
    assert single.__next__ is several.__next__ is dataloader._BaseDataLoaderIter.__next__


@pytest.mark.parametrize("name", ["_index_sampler", "_dataset", "_num_workers"])
def test_a_loader_iterator_has_what_is_asked_of_it(name: str) -> None:
    iterator = iter(dataloader.DataLoader(torch.utils.data.TensorDataset(torch.ones(2))))
    assert hasattr(iterator, name)


@pytest.mark.parametrize("kind", [torch.optim.lr_scheduler.OneCycleLR, torch.optim.lr_scheduler.CyclicLR])
def test_schedulers_that_cycle_a_momentum_say_so(kind: type[LRScheduler]) -> None:
    assert "self.cycle_momentum = " in inspect.getsource(kind.__init__)
    assert "super().__init__(" in inspect.getsource(kind.__init__)


def test_nothing_is_patched_where_nothing_is_hosted() -> None:
    for function in (Optimizer.profile_hook_step, torch.autograd.backward, torch.manual_seed, nn.Module.zero_grad):
        assert Path(function.__code__.co_filename).is_relative_to(Path(torch.__file__).parent)


def test_one_seed_gives_every_generator_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> list[float]:
        monkeypatch.undo()
        monkeypatch.setattr(np.random, "default_rng", np.random.default_rng)
        patches.seed_everything(3)
        fresh = [np.random.default_rng(), np.random.default_rng()]
        return [random.betavariate(1, 1), np.random.rand(), torch.rand(1).item(), *(each.random() for each in fresh)]

    state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    first, second = drawn(), drawn()
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])
    assert first == second
    assert first[-1] != first[-2]
