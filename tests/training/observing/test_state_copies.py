"""Mirrors training/observing/state_copies.py: what is kept in memory is put back as it was."""

import torch
from torch import nn
from torch.optim import SGD

from ratecraft.training.observing.state_copies import StateCopies


def training() -> tuple[nn.Module, SGD, StateCopies]:
    torch.manual_seed(0)
    net, copies = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), StateCopies()
    optimizer = SGD(net.parameters(), lr=0.1)
    copies.model.stepped_by(optimizer, lambda optimizer: True)
    return net, optimizer, copies


def moved(net: nn.Module) -> None:
    net(10.0 + torch.randn(8, 3))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(1.0)


def weights(net: nn.Module) -> list[list[float]]:
    return [value.double().flatten().tolist() for value in net.state_dict().values()]


def test_only_the_last_two_copies_are_kept() -> None:
    _, _, copies = training()
    for step in (3, 5, 9):
        copies.take(step)
    assert [step for step in range(10) if copies.has(step)] == [5, 9]


def test_going_back_forgets_later_copies_and_not_the_one_gone_back_to() -> None:
    net, _, copies = training()
    before = weights(net)
    copies.take(1)
    moved(net)
    copies.take(2)
    copies.go_back(1)
    assert weights(net) == before
    assert copies.has(1)
    assert not copies.has(2)


def test_restoring_the_buffers_leaves_the_weights_where_they_are() -> None:
    net, _, copies = training()
    copies.take(0)
    mean = net[1].running_mean.clone()
    moved(net)
    trained = net[0].weight.tolist()
    copies.restore_buffers()
    assert torch.equal(net[1].running_mean, mean)
    assert net[0].weight.tolist() == trained


def test_after_the_training_only_the_best_weights_are_kept() -> None:
    net, _, copies = training()
    copies.take(0)
    copies.keep_best()
    best, both = weights(net), copies.size
    moved(net)
    copies.keep_only_best()
    assert not copies.has(0)
    assert 0 < copies.size < both
    copies.restore_best()
    assert weights(net) == best
