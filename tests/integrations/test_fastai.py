"""Mirrors ratecraft/integrations/fastai.py: trainings of the live Learner, watched, guarded and led."""

import doctest
import logging
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.integrations.finished_study import finished_study
from tests.peers import Peer
from torch import nn
from torch.utils.data import TensorDataset

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Group
from ratecraft.schedules.builders.constructors import linear, warmup
from ratecraft.watching.guard import Guard

fastai, optimizers, ours = Peer("fastai.basics"), Peer("fastai.optimizer"), Peer("ratecraft.integrations.fastai")
schedule = Peer("fastai.callback.schedule")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
BATCHES, EPOCHS = 8, 3
STEPS = BATCHES * EPOCHS
RATE = 0.1 * (warmup(4) >> linear(1, 0, STEPS - 4))


def own() -> Any:
    """An optimizer of fastai."""
    return partial(optimizers.SGD, mom=0.5)


def wrapped() -> Any:
    """One of torch, which fastai wraps."""
    return partial(optimizers.OptimWrapper, opt=partial(torch.optim.SGD, momentum=0.5))


def learner_of(callback: Any, opt_func: Any, rate: float = 0.05, **more: Any) -> Any:
    assert schedule.loaded  # gives the Learner `fit_one_cycle` and `lr_find`
    inputs = torch.randn(8 * BATCHES + 16, 4, generator=torch.Generator().manual_seed(7))
    targets = inputs.sum(1, keepdim=True)
    parts = (TensorDataset(inputs[16:], targets[16:]), 8, True), (TensorDataset(inputs[:16], targets[:16]), 16, False)
    loaders = fastai.DataLoaders(
        *(fastai.DataLoader(data, bs=size, shuffle=shuffled) for data, size, shuffled in parts)
    )
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    given: dict[str, Any] = {"loss_func": nn.functional.mse_loss, "opt_func": opt_func, "lr": rate, "cbs": callback}
    return fastai.Learner(loaders, model, **given, **more)


@pytest.mark.parametrize("kind", [own, wrapped])
def test_a_study_leads_the_rates_over_those_of_one_cycle(tmp_path: Path, kind: Any) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS))
    learner = learner_of(callback, kind())
    with learner.no_logging():
        learner.fit_one_cycle(EPOCHS, 0.3)
    assert learner.recorder.lrs == pytest.approx(RATE.curve(STEPS).tolist())
    assert callback.watched.run.series["rate"].values.tolist() == pytest.approx(RATE.curve(STEPS).tolist())
    assert callback.watched.run.series["loss"].values.size == STEPS


def test_the_groups_of_a_split_model_keep_the_ratio_that_the_study_had(tmp_path: Path) -> None:
    groups = (Group(40, 0.005, 0.1), Group(9, 0.05, 1.0))
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS, groups=groups))
    learner = learner_of(
        callback, own(), splitter=lambda model: [list(each.parameters()) for each in (model[0], model[2])]
    )
    seen = list[list[float]]()

    class Looks(fastai.Callback):  # pyright: ignore
        order = 70

        def before_step(self) -> None:
            seen.append([hyper["lr"] for hyper in self.learn.opt.hypers])

    learner.add_cb(Looks())
    with learner.no_logging():
        learner.fit(EPOCHS)
    assert seen == [pytest.approx([0.1 * rate, rate]) for rate in RATE.curve(STEPS)]


@pytest.mark.parametrize("kind", [own, wrapped])
def test_a_training_that_blows_up_is_warned_of_in_its_own_logger(caplog: pytest.LogCaptureFixture, kind: Any) -> None:
    callback = ours.RatecraftCallback()
    learner = learner_of(callback, kind(), 1e4)
    with caplog.at_level(logging.WARNING, "fastai.ratecraft"), learner.no_logging():
        learner.fit(8)
    assert [each.code for each in callback.watched.findings] == ["non-finite-after-growth"]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("ratecraft: lost: ")


@pytest.mark.parametrize("kind", [own, wrapped])
def test_a_guard_ends_the_training_whose_validation_has_turned(kind: Any) -> None:
    callback = ours.RatecraftCallback(guard=Guard(stop_checks=4, plateau_checks=0))
    learner = learner_of(callback, kind())

    class Turns(fastai.Callback):  # pyright: ignore
        order = 55  # after the recorder, before ours

        def after_epoch(self) -> None:
            self.learn.recorder.values[-1][1] = abs(6 - self.learn.epoch) + 1.0

    learner.add_cb(Turns())
    with learner.no_logging():
        learner.fit(60)
    assert learner.epoch < 30
    assert "guard-stop" in [each.code for each in callback.watched.findings]


def test_a_guard_leaves_out_an_update_that_is_no_number() -> None:
    callback = ours.RatecraftCallback(guard=Guard())
    learner = learner_of(callback, own())
    learner.dls.train.dataset.tensors[0][5] = torch.nan
    with learner.no_logging():
        learner.fit(EPOCHS)
    assert all(torch.isfinite(each).all() for each in learner.model.parameters())


def test_afterwards_the_optimizer_steps_as_before() -> None:
    learner = learner_of(ours.RatecraftCallback(), own())
    with learner.no_logging():
        learner.fit(1)
    assert "step" not in vars(learner.opt)


def test_a_training_of_another_length_is_refused(tmp_path: Path) -> None:
    learner = learner_of(ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), own())
    with learner.no_logging(), pytest.raises(InvalidInput, match=f"{STEPS} steps; this training has 8"):
        learner.fit(1)


def test_looking_for_a_rate_is_no_training(tmp_path: Path) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS))
    learner = learner_of(callback, own())
    with learner.no_logging():
        learner.lr_find(num_it=12, show_plot=False)
    assert callback.watched is None
    assert learner.recorder.lrs[0] == pytest.approx(1e-7)


def test_one_that_was_pickled_has_what_it_was_given() -> None:
    callback = ours.RatecraftCallback(guard=Guard(), every=3)
    learner = learner_of(callback, own())
    with learner.no_logging():
        learner.fit(1)
    learner.remove_cb(callback)
    again = pickle.loads(pickle.dumps(callback))  # noqa: S301
    assert (again.guard, again.every, again.watched) == (Guard(), 3, None)


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
