"""Mirrors training/hosting/loss_monitor.py."""

from multiprocessing import Pipe

import pytest
import torch
from torch import nn

from ratecraft.records.job import StopRule
from ratecraft.training.hosting.loss_monitor import LossMonitor
from ratecraft.training.instrument.state import Model
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import receive

HALVE = StopRule("halve", copy_every=4, most_halvings=2)


class Trained:
    """A small model with batch norm, a parameter outside of it, momentum, and its course."""

    def __init__(self, rule: StopRule = HALVE) -> None:
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.outside = nn.Parameter(torch.ones(2))
        self.optimizer = torch.optim.SGD([*self.net.parameters(), self.outside], lr=0.1, momentum=0.9)
        self.model = Model([self.net], [self.optimizer])
        self.ours, theirs = Pipe()
        self.monitor = LossMonitor(Control(theirs), self.model)
        self.monitor.enter(rule)
        self.steps = 0

    def step(self, loss: float = 1.0) -> bool:
        """One step; whether it was found to have blown up."""
        self.monitor.step_begins()
        self.optimizer.zero_grad()
        (self.net(torch.randn(4, 2)).sum() + self.outside.sum()).backward()
        self.optimizer.step()
        self.steps += 1
        self.monitor.losses.add(torch.tensor(loss))
        self.monitor.losses.stepped()
        self.monitor.losses.close_step()
        return self.monitor.look(self.steps, arrived=False)

    def state(self) -> list[list[float]]:
        momenta = [entry["momentum_buffer"] for entry in self.optimizer.state.values()]
        return [tensor.flatten().tolist() for tensor in (*self.model.tensors(), *momenta)]


def test_after_a_blow_up_weights_buffers_and_optimizer_are_those_of_the_last_copy() -> None:
    trained = Trained()
    for _ in range(8):
        trained.step()
    good = trained.state()
    assert [trained.step(loss) for loss in (1.0, float("nan"), 1.0, 1.0)] == [
        False,
        True,
        False,
        True,
    ]  # looked at every other step
    assert trained.monitor.go_back(trained.steps)
    assert trained.state() == good
    assert trained.monitor.halvings == [12]
    assert not trained.monitor.losses.state.happened


def test_a_state_whose_last_loss_is_above_the_limit_is_none_to_go_back_to() -> None:
    trained = Trained()
    for _ in range(8):
        trained.step()
    good = trained.state()
    assert [trained.step(loss) for loss in (1.0, 1.0, 1.0, 80.0)] == [
        False
    ] * 4  # 12 is a step at which copies are made
    trained.monitor.go_back(trained.steps)
    assert trained.state() == good


def test_before_the_first_copy_a_run_goes_back_to_where_its_advance_began() -> None:
    trained = Trained()
    weights = trained.net[0].weight.tolist()
    trained.step(float("inf"))
    assert trained.monitor.go_back(1)
    assert trained.net[0].weight.tolist() == weights
    assert not trained.optimizer.state


def test_a_run_goes_back_to_no_state_from_before_its_advance() -> None:
    trained = Trained()
    for _ in range(6):
        trained.step()
    begun = trained.state()
    trained.monitor.enter(HALVE)
    trained.step(float("inf"))
    trained.monitor.go_back(7)
    assert trained.state() == begun


def test_after_the_most_halvings_the_run_ends() -> None:
    trained = Trained()
    trained.step()
    assert [trained.monitor.go_back(step) for step in (1, 2, 3)] == [True, True, False]


def test_the_rule_end_copies_nothing_and_never_goes_back() -> None:
    trained = Trained(StopRule())
    trained.step()
    assert trained.monitor._copy is None
    assert not trained.monitor.go_back(1)


def test_losses_and_own_rates_are_told_in_order_and_once() -> None:
    trained = Trained()
    trained.monitor.own_rates += [0.1, 0.2]
    for loss in (3.0, 2.0):
        trained.step(loss)
    trained.monitor.tell()
    told = [receive(trained.ours) for _ in range(3)]
    assert [(block.name, block.first, block.count) for block in told] == [  # type: ignore[union-attr]
        ("loss", 0, 1), ("own_rate", 0, 2), ("loss", 1, 1),
    ]  # fmt: skip
    assert not trained.ours.poll()


@pytest.mark.parametrize(
    ("broken", "failed", "blown"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_an_exception_over_broken_weights_is_a_blow_up(broken: bool, failed: bool, blown: bool) -> None:
    trained = Trained()
    trained.step()
    if broken:
        with torch.no_grad():
            trained.outside[0] = float("inf")
    assert trained.monitor.has_blown_up(failed=failed) is blown
