"""Mirrors ratecraft/training/watch_frameworks.py, in real scripts."""

from pathlib import Path

import pytest
from tests.training.watched import Seen

from ratecraft.training.watch_run import run_watched

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
