"""Mirrors training/observing/error_boundary.py and bounded_sensor.py: an error of a watch ends the watch alone."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.training.watched import Seen, model, train
from torch import nn
from torch.optim import SGD

from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.training.observing.beside import WatchBeside
from ratecraft.training.observing.bounded_sensor import BoundedSensor
from ratecraft.training.observing.error_boundary import ErrorBoundary, reason_of


class Odd(nn.Linear):
    """A layer that is asked for nothing that it does not know."""

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            raise KeyError(name)
        return super().__getattr__(name)


class Late(torch.Tensor):
    """A loss that tells nobody what made it."""

    @property
    def grad_fn(self) -> Any:
        raise RuntimeError("ask nobody")


def odd() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(Odd(6, 16), nn.ReLU(), nn.Linear(16, 1))


def fails() -> None:
    raise ValueError("broken")


def bounded(seen: Seen, ended: list[str]) -> BoundedSensor:
    def broke(error: Exception) -> None:
        ended.append(reason_of(error))
        sensor.give_up(ended[0])

    sensor = BoundedSensor(ErrorBoundary(broke), seen, every=1)
    return sensor


def test_a_module_that_cannot_be_asked_ends_the_watch_and_not_the_training() -> None:
    call, train_mode = nn.Module.__call__, nn.Module.train
    seen, ended, net = Seen(), list[str](), odd()
    optimizer = SGD(net.parameters(), lr=0.1)
    sensor = bounded(seen, ended)
    sensor.follow(optimizer)
    losses = train(net, optimizer, 40, sensor=sensor)
    alone = odd()
    assert losses == train(alone, SGD(alone.parameters(), lr=0.1), 40)
    assert ended == [seen.facts[WATCH_ENDED]]
    assert ended[0].startswith("KeyError: '_orig_mod' (training/observing/")
    assert seen.values("loss") == pytest.approx(losses[:1])  # what was seen until then, and no more
    assert (nn.Module.__call__, nn.Module.train) == (call, train_mode)


def test_a_loss_that_cannot_be_asked_ends_the_watch_and_not_the_training() -> None:
    seen, ended, net = Seen(), list[str](), model()
    optimizer = SGD(net.parameters(), lr=0.1)
    sensor = bounded(seen, ended)
    sensor.follow(optimizer)
    train(net, optimizer, 3)
    before = net[0].weight.detach().clone()
    loss = net(torch.randn(16, 6)).square().mean().as_subclass(Late)
    torch.autograd.backward(loss)
    optimizer.step()
    sensor.close()
    assert not torch.equal(before, net[0].weight)
    assert ended[0].startswith("RuntimeError: ask nobody")
    assert len(seen.values("loss")) == 3


def test_where_a_study_trains_the_same_module_fails_loudly() -> None:
    beside, net = WatchBeside(), odd()
    try:
        with pytest.raises(KeyError, match="_orig_mod"):
            train(net, SGD(net.parameters(), lr=0.1), 4)
    finally:
        beside.told()


def test_the_error_of_a_closure_is_the_scripts_own() -> None:
    ended, net = list[str](), model()
    optimizer = SGD(net.parameters(), lr=0.1)
    sensor = bounded(Seen(), ended)
    sensor.follow(optimizer)
    with pytest.raises(ValueError, match="broken"):
        optimizer.step(fails)  # pyright: ignore[reportArgumentType]
    sensor.close()
    assert ended == []


class TestErrorBoundary:
    def test_the_first_error_is_told_and_nothing_is_called_after_it(self) -> None:
        told, called = list[Exception](), list[int]()
        boundary = ErrorBoundary(told.append)
        assert boundary.call(lambda: 3) == 3
        for act in (fails, fails, lambda: called.append(1)):
            assert boundary.wrap(act)() is None
        boundary.finish(lambda: called.append(2))
        assert ([str(error) for error in told], called, boundary.is_over) == (["broken"], [2], True)

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    def test_interruptions_pass(self, error: type[BaseException]) -> None:
        def interrupted() -> None:
            raise error

        told = list[Exception]()
        with pytest.raises(error):
            ErrorBoundary(told.append).call(interrupted)
        assert told == []

    def test_what_the_user_handed_in_raises_through_our_own_calls(self) -> None:
        told = list[Exception]()
        boundary = ErrorBoundary(told.append)
        theirs: Callable[[], None] = boundary.theirs(fails)
        with pytest.raises(ValueError, match="broken"):
            boundary.call(lambda: boundary.call(theirs))
        assert told == []
        assert not boundary.is_over

    def test_without_a_handler_everything_is_raised(self) -> None:
        with pytest.raises(ValueError, match="broken"):
            ErrorBoundary().call(fails)
