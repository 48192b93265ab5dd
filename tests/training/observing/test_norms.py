"""Mirrors training/observing/norms.py."""

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adagrad

from ratecraft.training.observing.norms import Updates, effective_rate, gradient_norm, together


def test_no_gradient_and_sparse_gradients_have_no_norm() -> None:
    weight = nn.Parameter(torch.zeros(2))
    assert gradient_norm(SGD([weight], lr=0.1)) is None
    table = nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    assert gradient_norm(SGD(table.parameters(), lr=0.1)) is None


def test_parts_of_several_kinds_of_numbers_have_one_norm() -> None:
    parts = [torch.tensor(3.0, dtype=torch.float64), torch.tensor(4.0, dtype=torch.bfloat16)]
    assert float(together(parts)) == 5.0


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_relative_update_is_found_however_weights_lie_and_however_many_there_are(layout: torch.memory_format) -> None:
    net = nn.Sequential(*(nn.Conv2d(8, 300, 3, bias=True) for _ in range(3))).to(memory_format=layout)
    optimizer = SGD(net.parameters(), lr=1.0)
    for each in net.parameters():
        each.grad = each.detach() * 0.01  # a step takes a hundredth of every weight
    updates = Updates.before(optimizer)
    optimizer.step()
    (ratio,) = updates.ratios()
    assert ratio is not None
    assert float(ratio) == pytest.approx(0.01, rel=1e-3)


def test_weights_that_are_all_zero_and_groups_without_matrices_have_no_ratio() -> None:
    layer, norm = nn.Linear(3, 2), nn.LayerNorm(4)
    nn.init.zeros_(layer.weight)
    optimizer = SGD([{"params": layer.parameters()}, {"params": norm.parameters()}], lr=0.1)
    for each in (*layer.parameters(), *norm.parameters()):
        each.grad = torch.zeros_like(each)
    updates = Updates.before(optimizer)
    optimizer.step()
    first, second = updates.ratios()
    assert first is not None
    assert torch.isnan(first)
    assert second is None


def test_only_adagrad_has_an_effective_rate() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    weight.grad = torch.full((2, 2), 2.0)
    adagrad, sgd = Adagrad([weight], lr=0.1), SGD([weight], lr=0.1)
    adagrad.step()
    rate = effective_rate(adagrad, 0)
    assert rate is not None
    assert float(rate) == pytest.approx(0.1 / 2)
    assert effective_rate(sgd, 0) is None
