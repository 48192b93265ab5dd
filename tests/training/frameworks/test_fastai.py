"""Mirrors training/frameworks/fastai.py: its optimizers are stepped, frozen and put back as torch's are."""

import re
from pathlib import Path

import pytest
from tests.conformance.style_table import FRAMEWORKS
from tests.training.hosted_scripts import NATURAL, Hosted, nursery, run, written
from torch import nn

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.schedules.builders.constructors import linear
from ratecraft.training.frameworks.fastai import Optimizer

LEARNER = """
import torch
from fastai.basics import DataLoader, DataLoaders, Learner, Callback
from fastai.callback.schedule import ParamScheduler
from fastai.optimizer import Optimizer, average_grad, momentum_step
from torch import nn
from torch.utils.data import TensorDataset

inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
targets = inputs.sum(1, keepdim=True).sin()
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), bs=8, shuffle=True)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), bs=16)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

class Watching(Callback):
    def before_step(self):
        self.steps = getattr(self, "steps", 0) + 1
    def after_validate(self):
        with torch.no_grad():
            print("direct", nn.functional.mse_loss(model(inputs[48:]), targets[48:]).item())

def in_force(p, lr, mom=0.0, **_):
    if p.shape == (1, 8):
        print("in force", lr, mom)

def splitter(model):
    return [list(model[0].parameters()), list(model[2].parameters())]

learner = Learner(
    DataLoaders(train, valid), model, loss_func=nn.functional.mse_loss, lr=0.02, splitter=splitter, cbs=Watching(),
    opt_func=lambda groups, lr: Optimizer(groups, [in_force, average_grad, momentum_step], lr=lr, mom=0.5),
)
{fit}
print("own", float(learner.opt.hypers[0]["lr"]))
"""
CYCLE = "learner.fit_one_cycle(3, slice(0.01, 0.04))"


def hosted(folder: Path, fit: str, **how: object) -> Hosted:
    return run(written(folder / "train.py", LEARNER.format(fit=fit)), launch=nursery(*FRAMEWORKS), **how)


def in_force(run: Hosted) -> list[list[float]]:
    """Rate and momentum of the second group at every step."""
    return [[float(rate), float(mom)] for rate, mom in re.findall(r"in force (\S+) (\S+)", run.log.read_text())]


def test_the_rate_in_a_step_is_the_schedule_s_and_the_learner_s_own_afterwards(tmp_path: Path) -> None:
    probe = hosted(tmp_path, CYCLE, rate=linear(0.08, 0.0, 18), how=NATURAL)
    expected = [4 * linear(0.08, 0.0, 18).at(step) for step in range(18)]  # the other group leads, at a quarter of it
    assert probe.facts.leading == 0
    assert [rate for rate, _ in in_force(probe)] == pytest.approx(expected)
    assert {momentum for _, momentum in in_force(probe)} == {0.5}  # a cycled one is held at the optimizer's own
    assert [note.code for note in probe.notes] == ["momentum-frozen"]
    assert probe.facts.own_rate == pytest.approx(0.01, rel=0.05)
    assert float(probe.printed[-1].split()[1]) < 2e-4  # what its own schedule ended with


def test_with_its_own_rates_the_momentum_is_cycled(tmp_path: Path) -> None:
    own = in_force(hosted(tmp_path, CYCLE, how=NATURAL))
    assert own[0][1] == pytest.approx(0.95)
    assert len({momentum for _, momentum in own}) > 5


def test_a_probe_is_scored_by_the_recorder_at_its_stop(tmp_path: Path) -> None:
    probe = hosted(tmp_path, CYCLE, to=8, rate=0.05, how=Evaluate("figure", "valid_loss", steps=200))
    direct = [float(line.split()[1]) for line in probe.printed if line.startswith("direct")]
    assert probe.score is not None
    assert probe.score.value == pytest.approx(direct[1], rel=1e-6)
    assert (probe.facts.horizon, probe.facts.horizon_source) == (18, "framework")


def test_a_blown_up_run_goes_back_at_half_the_rate_and_repeats_it_bit_for_bit(tmp_path: Path) -> None:
    rule = StopRule("halve", copy_every=4, most_halvings=30)
    first, second = (hosted(tmp_path, "learner.fit(3)", rate=20.0, rule=rule) for _ in range(2))
    assert first.passage.ending is Ending.DONE
    assert first.passage.halvings
    assert repr((first.losses, first.passage)) == repr((second.losses, second.passage))


def test_a_group_is_the_same_object_each_time_as_those_of_torch_s_optimizers_are() -> None:
    basics = pytest.importorskip("fastai.basics")
    layers = nn.ModuleList([nn.Linear(4, 8), nn.Linear(8, 1)])
    optimizer = basics.Optimizer([list(each.parameters()) for each in layers], [], lr=0.1)
    view = Optimizer(optimizer)
    groups = list(view.param_groups)
    optimizer.set_hyper("lr", 0.3)
    groups[0]["lr"] = 0.7
    assert [group["lr"] for group in optimizer.hypers] == [0.7, 0.3]
    assert all(one is other for one, other in zip(groups, view.param_groups, strict=True))
