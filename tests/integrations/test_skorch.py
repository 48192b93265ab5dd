"""Mirrors ratecraft/integrations/skorch.py: trainings of live nets, watched, guarded and led."""

import doctest
import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.integrations.finished_study import finished_study
from tests.peers import Peer
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import linear, warmup
from ratecraft.watching.guard import Guard

skorch, ours = Peer("skorch"), Peer("ratecraft.integrations.skorch")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
BATCHES, EPOCHS = 8, 3
STEPS = BATCHES * EPOCHS
RATE = 0.1 * (warmup(4) >> linear(1, 0, STEPS - 4))
INPUTS = np.random.default_rng(7).normal(size=(80, 4)).astype(np.float32)
TARGETS = INPUTS.sum(1, keepdims=True)


def net_of(callback: Any, rate: float = 0.05, epochs: int = EPOCHS, **more: Any) -> Any:
    torch.manual_seed(0)
    split = skorch.dataset.ValidSplit(5)
    training = {"lr": rate, "max_epochs": epochs, "batch_size": 8, "verbose": 0, "train_split": split, **more}
    module = {"module__in_features": 4, "module__out_features": 1}
    return skorch.NeuralNetRegressor(nn.Linear, callbacks=[callback], **module, **training)


def used_by(callback: Any) -> list[float]:
    return callback.watched.run.series["rate"].values.tolist()


def test_a_study_leads_the_rates_over_those_of_a_scheduler(tmp_path: Path) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS))
    scheduler = skorch.callbacks.LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, step_every="batch")
    net = net_of(callback).set_params(callbacks=[scheduler, callback])
    net.fit(INPUTS, TARGETS)
    assert used_by(callback) == RATE.curve(STEPS).tolist()
    assert callback.watched.run.series["val_loss"].values.size == EPOCHS


def test_a_net_that_trains_on_goes_on_where_it_was(tmp_path: Path) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS))
    net = net_of(ours.RatecraftCallback(), epochs=1)
    net.fit(INPUTS, TARGETS)
    net.callbacks_[:] = [(name, callback if name == "RatecraftCallback" else each) for name, each in net.callbacks_]
    net.set_params(max_epochs=EPOCHS - 1).partial_fit(INPUTS, TARGETS)
    assert used_by(callback) == RATE.curve(STEPS)[BATCHES:].tolist()


def test_a_training_that_blows_up_is_warned_of_in_its_own_logger(caplog: pytest.LogCaptureFixture) -> None:
    callback = ours.RatecraftCallback()
    with caplog.at_level(logging.WARNING, "skorch.ratecraft"):
        net_of(callback, 1e4, 8).fit(INPUTS, TARGETS)
    assert [each.code for each in callback.watched.findings] == ["non-finite-after-growth"]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("ratecraft: lost: ")


def test_a_guard_ends_the_training_whose_validation_has_turned() -> None:
    class Turns(skorch.callbacks.Callback):  # pyright: ignore
        def on_epoch_end(self, net: Any, **_: Any) -> None:
            net.history.record("valid_loss", abs(6.0 - len(net.history)) + 1)

    callback = ours.RatecraftCallback(guard=Guard(stop_checks=4, plateau_checks=0))
    net = net_of(callback, epochs=60).set_params(callbacks=[Turns(), callback])
    net.fit(INPUTS, TARGETS)
    assert len(net.history) < 30
    assert "guard-stop" in [each.code for each in callback.watched.findings]


def test_a_guard_leaves_out_an_update_that_is_no_number() -> None:
    inputs = INPUTS.copy()
    inputs[70] = np.nan
    net = net_of(ours.RatecraftCallback(guard=Guard()), train_split=None).fit(inputs, TARGETS)
    assert all(torch.isfinite(each).all() for each in net.module_.parameters())


def test_a_training_of_another_length_is_refused(tmp_path: Path) -> None:
    net = net_of(ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), epochs=1)
    with pytest.raises(InvalidInput, match=f"{STEPS} steps; this training has 8"):
        net.fit(INPUTS, TARGETS)


def test_a_clone_and_a_pickled_net_have_what_the_callback_was_given() -> None:
    from sklearn.base import clone

    net = net_of(ours.RatecraftCallback(guard=Guard(), every=3)).fit(INPUTS, TARGETS)
    for again in (clone(net).callbacks[0], pickle.loads(pickle.dumps(net)).callbacks[0]):  # noqa: S301
        assert (again.guard, again.every, again.watched) == (Guard(), 3, None)


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
