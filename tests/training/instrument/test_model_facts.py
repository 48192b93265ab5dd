"""Mirrors training/instrument/model_facts.py: settings of parameter groups, kinds of layers."""

from typing import Any

import pytest
import torch
from torch import nn

from ratecraft.training.instrument.model_facts import group_settings, model_facts


def settings(make: Any, **how: Any) -> dict[str, float]:
    return group_settings(make([nn.Parameter(torch.zeros(2, 2))], **how).param_groups[0])


@pytest.mark.parametrize(
    ("make", "how", "expected"),
    [
        (torch.optim.SGD, {"lr": 0.1}, {"momentum": 0.0, "weight_decay": 0.0}),
        (
            torch.optim.SGD,
            {"lr": 0.1, "momentum": 0.9, "nesterov": True},
            {"momentum": 0.9, "weight_decay": 0.0, "nesterov": 1.0},
        ),
        (
            torch.optim.AdamW,
            {"betas": (0.8, 0.95)},
            {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.01},
        ),
        (torch.optim.RMSprop, {}, {"rho": 0.99, "momentum": 0.0, "epsilon": 1e-8, "weight_decay": 0.0}),
        (torch.optim.Adadelta, {}, {"rho": 0.9, "epsilon": 1e-6, "weight_decay": 0.0}),
        (torch.optim.Adafactor, {}, {"weight_decay": 0.0}),
        (torch.optim.ASGD, {}, {"weight_decay": 0.0}),
    ],
)
def test_settings_have_the_names_of_recipes(make: Any, how: dict[str, Any], expected: dict[str, float]) -> None:
    assert settings(make, **how) == expected


def test_a_cycle_tells_its_peak() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2.0, total_steps=10)
    assert group_settings(optimizer.param_groups[0])["peak"] == 2.0


class CausalSelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(4, 12, bias=False)


class Adapted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4, bias=False)
        self.lora_A = nn.Linear(4, 2, bias=False)
        self.lora_B = nn.Parameter(torch.zeros(4, 2))


@pytest.mark.parametrize(
    ("module", "kinds"),
    [
        (nn.Conv2d(1, 2, 3, bias=False), {"convolution": 18}),
        (nn.Conv1d(1, 2, 3, bias=False), {"convolution-1d": 6}),
        (nn.GRU(2, 3, bias=False), {"recurrent": 45}),
        (nn.Embedding(5, 2), {"embedding": 10}),
        (nn.EmbeddingBag(5, 2, sparse=True), {"sparse-embedding": 10}),
        (nn.MultiheadAttention(4, 1, bias=False), {"attention": 64}),
        (CausalSelfAttention(), {"attention": 48}),
        (nn.LayerNorm(3), {"norm": 6}),
        (nn.PReLU(), {"other": 1}),
        (Adapted(), {"linear": 16, "adapter": 16}),
    ],
)
def test_values_are_counted_by_what_they_are_part_of(module: nn.Module, kinds: dict[str, int]) -> None:
    facts = model_facts([module])
    assert facts.kinds == kinds
    assert facts.parameters == sum(parameter.numel() for parameter in module.parameters())


def test_tied_weights_count_once_and_frozen_ones_too() -> None:
    table, head = nn.Embedding(5, 2), nn.Linear(2, 5, bias=False)
    head.weight = table.weight
    table.weight.requires_grad_(requires_grad=False)
    assert model_facts([nn.Sequential(table, head)]).parameters == 10


def test_several_modules_are_named_together() -> None:
    assert model_facts([nn.Linear(1, 1), nn.PReLU(), nn.Linear(1, 1)]).name == "Linear+PReLU"
    assert model_facts([]).name == ""


def test_loaded_values_are_counted_only_where_they_can_be_known() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False))
    assert model_facts([model]).loaded is None
    assert model_facts([model], lambda parameter: parameter is model[0].weight).loaded == 4
