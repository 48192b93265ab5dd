"""Mirrors training/frameworks/lightning.py: its trainers stop where a probe does, and validate there."""

from pathlib import Path

import pytest
from tests.conformance.style_table import FRAMEWORKS
from tests.training.hosted_scripts import FIGURE, NATURAL, Hosted, nursery, run, written

from ratecraft.records.job import Evaluate

NET = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import {package} as lightning

inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
targets = inputs.sum(1, keepdim=True).sin()
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), batch_size=8, shuffle=True)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), batch_size=16)

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
    def training_step(self, batch, index):
        loss = nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss
    def validation_step(self, batch, index):
        loss = nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log_dict({{"val_loss": loss, "score": 1 - loss}})
    def on_validation_epoch_end(self):
        print(f"val_loss {{self.trainer.callback_metrics['val_loss'].item():.2f}}")
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)

quiet = dict(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)
trainer = lightning.Trainer(**quiet, {options})
"""
FIT = """
trainer.fit(Net(), train, valid)
print('fitted', trainer.should_stop, [type(each).__name__ for each in trainer.callbacks])
"""
AGAIN = FIT + "trainer.fit_loop.max_epochs += 2\ntrainer.fit(trainer.lightning_module, train, valid)\n"


def hosted(folder: Path, options: str, text: str = FIT, package: str = "lightning", **how: object) -> Hosted:
    script = written(folder / "train.py", NET.format(package=package, options=options) + text)
    return run(script, launch=nursery(*FRAMEWORKS), **how)


@pytest.mark.parametrize("package", ["lightning", "pytorch_lightning"])
def test_metrics_are_told_by_their_own_values_and_not_those_of_the_sanity_check(tmp_path: Path, package: str) -> None:
    options = "max_epochs=2, enable_checkpointing=False"
    whole = hosted(tmp_path, options, package=package, how=NATURAL)
    told = [figure for figure in whole.heard.figures if (figure.source, figure.name) == ("lightning", "val_loss")]
    assert [(figure.step, figure.name) for figure in told] == [(6, "val_loss"), (12, "val_loss")]
    assert all(round(figure.value, 2) != figure.value for figure in told)
    assert whole.score is not None
    assert whole.score.value == told[-1].value
    assert (whole.facts.horizon, whole.facts.horizon_source, whole.facts.frameworks[0]) == (
        12,
        "framework",
        "lightning",
    )


@pytest.mark.parametrize(
    ("options", "horizon"),
    [
        ("max_epochs=4, min_epochs=4, enable_checkpointing=False", 24),
        ("max_epochs=4, min_steps=20, check_val_every_n_epoch=3", 24),
        ("max_steps=20, val_check_interval=3, accumulate_grad_batches=2", 20),
    ],
    ids=["least epochs", "validation every third epoch", "accumulation"],
)
def test_a_probe_validates_at_its_stop_whatever_the_trainer_was_told(
    tmp_path: Path, options: str, horizon: int
) -> None:
    probe = hosted(tmp_path, options, to=4, how=FIGURE)
    assert probe.score is not None
    assert probe.score.frozen == 0
    assert (
        probe.score.value
        == [figure for figure in probe.heard.figures if (figure.step, figure.name) == (4, "val_loss")][-1].value
    )
    assert round(probe.score.value, 2) != probe.score.value  # not the one that the script printed
    assert probe.facts.horizon == horizon


def test_another_metric_is_found_by_the_name_that_the_user_gives(tmp_path: Path) -> None:
    how = Evaluate("figure", "score", steps=200, direction="max")
    probe = hosted(tmp_path, "max_epochs=2, enable_checkpointing=False", to=4, metric="score", how=how)
    assert probe.score is not None
    assert probe.score.value is not None


def test_a_second_fit_goes_on_and_its_steps_count_too(tmp_path: Path) -> None:
    whole = hosted(tmp_path, "max_epochs=2, enable_checkpointing=False", AGAIN, how=NATURAL)
    assert (whole.passage.step, whole.facts.horizon) == (24, 24)
    assert "fitted False []" in whole.printed  # no callback of ours is left
    census = hosted(tmp_path, "max_epochs=2, enable_checkpointing=False", AGAIN, to=1, how=Evaluate("census"))
    assert census.facts.horizon == 24
