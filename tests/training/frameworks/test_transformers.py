"""Mirrors training/frameworks/transformers.py: its trainer evaluates where a probe stops, unrounded."""

from pathlib import Path

import pytest
from tests.conformance.style_table import FRAMEWORKS
from tests.training.hosted_scripts import Hosted, nursery, run, written

from ratecraft.records.job import Evaluate

TRAINER = """
import torch
from torch import nn
from transformers import Trainer, TrainingArguments

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
    def forward(self, x, labels):
        out = self.layer(x)
        return {{"loss": nn.functional.mse_loss(out, labels), "out": out}}

inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
rows = [{{"x": each, "labels": each.sum(0, keepdim=True).sin()}} for each in inputs]
quiet = dict(output_dir="out", report_to=[], use_cpu=True, disable_tqdm=True, save_strategy="no")
arguments = TrainingArguments(**quiet, per_device_train_batch_size=8, learning_rate=0.01, {options})
trainer = Trainer(
    Net(), arguments, train_dataset=rows[:48], eval_dataset=rows[48:],
    compute_metrics=lambda given: {{"accuracy": 0.5, "custom": 1 / 3}},
)
trainer.train()
print("trained")
trainer.evaluate()
"""


def hosted(folder: Path, options: str, metric: str = "eval_loss", **how: object) -> Hosted:
    script = written(folder / "train.py", TRAINER.format(options=options))
    return run(script, launch=nursery(*FRAMEWORKS), metric=metric, **how)


@pytest.mark.parametrize(
    ("options", "horizon", "trained"),
    [
        ("num_train_epochs=4, eval_strategy='epoch'", 24, False),
        ("max_steps=20, eval_strategy='steps', eval_steps=10, gradient_accumulation_steps=2", 20, False),
        ("num_train_epochs=4", 24, True),
    ],
    ids=["every epoch", "every 10 steps, accumulation", "at the end only"],
)
def test_a_probe_is_evaluated_at_its_stop_whenever_the_trainer_would_have(
    tmp_path: Path, options: str, horizon: int, trained: bool
) -> None:
    probe = hosted(tmp_path, options, to=7, how=Evaluate("figure", "eval_loss", steps=200))
    assert probe.score is not None
    assert probe.score.frozen == 0
    (told,) = {figure.value for figure in probe.heard.figures if (figure.step, figure.name) == (7, "eval_loss")}
    assert probe.score.value == told
    assert float(f"{told:.4g}") != told
    assert ("trained" in probe.printed) is trained
    assert (probe.facts.horizon, probe.facts.horizon_source) == (horizon, "framework")
    assert probe.facts.samples_per_step == (16 if "accumulation" in options else 8)


def test_a_metric_of_the_user_s_is_found_by_its_name(tmp_path: Path) -> None:
    how = Evaluate("figure", "eval_custom", steps=200)
    probe = hosted(tmp_path, "num_train_epochs=4, eval_strategy='epoch'", "eval_custom", to=7, how=how)
    assert probe.score is not None
    assert probe.score.value == 1 / 3


def test_times_and_what_is_of_the_training_are_no_figures(tmp_path: Path) -> None:
    options = "num_train_epochs=2, eval_strategy='epoch', logging_steps=1"
    whole = hosted(tmp_path, options, how=Evaluate("natural", "eval_loss"))
    assert {figure.name for figure in whole.heard.figures} == {"eval_loss", "eval_accuracy", "eval_custom"}
    assert {figure.source for figure in whole.heard.figures} == {"transformers"}


def test_a_census_evaluates_once_and_goes_to_the_script_s_end(tmp_path: Path) -> None:
    census = hosted(tmp_path, "num_train_epochs=4, eval_strategy='epoch'", to=1, how=Evaluate("census"))
    assert "trained" in census.printed
    assert census.score is not None
    assert census.score.frozen <= 1
    assert census.facts.horizon == 24
