"""Mirrors training/observing/frameworks.py, in real scripts."""

from pathlib import Path

import pytest
from tests.training.watched import Seen

from ratecraft.training.observing.run import run_watched

PRETRAINED = """
import torch
from transformers import BertConfig, BertForSequenceClassification
config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
BertForSequenceClassification(config).save_pretrained("saved")
model = BertForSequenceClassification.from_pretrained("saved").train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(3):
    optimizer.zero_grad()
    model(input_ids=torch.ones(2, 4, dtype=torch.long), labels=torch.tensor([0, 1])).loss.backward()
    optimizer.step()
"""

LIGHTNING = """
import torch
from torch.utils.data import DataLoader, TensorDataset
import lightning

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
    def loss(self, batch):
        return (self.layer(batch[0]) - batch[1]).square().mean()
    def training_step(self, batch, index):
        return self.loss(batch)
    def validation_step(self, batch, index):
        self.log("val_loss", self.loss(batch))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)

data = DataLoader(TensorDataset(torch.randn(32, 4), torch.randn(32, 1)), batch_size=8)
quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
lightning.Trainer(max_epochs=3, accelerator="cpu", **quiet).fit(Net(), data, data)
"""

FASTAI = """
import torch
from fastai.basics import DataLoader, DataLoaders, Learner
from fastai.optimizer import Adam
from torch import nn
from torch.utils.data import TensorDataset

inputs = torch.randn(64, 4)
targets = inputs.sum(1, keepdim=True).sin()
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), bs=8)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), bs=16)
learner = Learner(DataLoaders(train, valid), nn.Linear(4, 1), loss_func=nn.functional.mse_loss, opt_func=Adam, lr=0.02)
learner.fit(2)
learner.fit(1)
"""

TRACKED = """
import torch, wandb
wandb.init()
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(4):
    model(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    wandb.log({"loss": 1.0, "val": {"loss": 0.25 / (step + 1)}})
"""
WANDB = """
class Run:
    def log(self, data): pass
def init():
    global log
    log = Run().log
    return Run()
"""


def watched(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.chdir(folder)
    (folder / "train.py").write_text(script)
    seen = Seen()
    assert run_watched("train.py", (), seen) == 0
    return seen


@pytest.mark.soak
def test_what_from_pretrained_gives_counts_as_loaded_and_symbols_have_no_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(tmp_path, PRETRAINED, monkeypatch)
    assert (seen.facts["pretrained"], seen.facts["classes"], seen.facts["parameters_left_out"]) == (1.0, 2.0, 0.0)
    assert "input_mean" not in seen.names


@pytest.mark.soak
def test_what_lightning_measures_and_does_not_print_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(tmp_path, LIGHTNING, monkeypatch)
    assert seen.steps("val_loss") == [4, 8, 12]
    assert seen.steps("input_mean") == [1]
    assert seen.facts["total_steps"] == 12.0


@pytest.mark.soak
def test_steps_rates_and_figures_of_fastai_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(tmp_path, FASTAI, monkeypatch)
    assert seen.steps("loss") == list(range(18))
    assert seen.values("rate") == pytest.approx([0.02] * 18)
    assert seen.steps("val_loss") == [6, 12, 18]
    assert {"grad_norm", "update_ratio", "weight_scale"} <= seen.names
    assert seen.facts["total_steps"] == 18.0


@pytest.mark.soak
def test_what_a_script_tells_its_tracker_alone_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wandb.py").write_text(WANDB)
    seen = watched(tmp_path, TRACKED, monkeypatch)
    assert seen.values("val_loss") == [0.25, 0.125, 0.25 / 3, 0.0625]
    assert seen.values("loss") != [1.0] * 4  # what the training itself is given
