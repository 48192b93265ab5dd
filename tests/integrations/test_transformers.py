"""Mirrors ratecraft/integrations/transformers.py: trainings of the live Trainer, watched, guarded and led."""

import doctest
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.integrations.finished_study import finished_study
from tests.peers import Peer
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import linear, warmup
from ratecraft.watching.guard import Guard

transformers, ours = Peer("transformers"), Peer("ratecraft.integrations.transformers")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]  # `test_torch` has a short one in every run
STEPS = 24
RATE = 0.1 * (warmup(4) >> linear(1, 0, STEPS - 4))


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(4, 1)

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": nn.functional.mse_loss(self.layer(inputs), labels)}


def data() -> list[dict[str, torch.Tensor]]:
    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
    return [{"inputs": each, "labels": each.sum(0, keepdim=True)} for each in inputs]


def trainer_of(
    folder: Path, callback: Any, steps: int = STEPS, rate: float = 0.05, kind: Any = None, **more: Any
) -> Any:
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=8, learning_rate=rate, use_cpu=True,
        report_to=[], disable_tqdm=True, logging_steps=1, save_strategy="no", remove_unused_columns=False,
        max_grad_norm=0.0, optim="sgd", **more,
    )  # fmt: skip
    examples = data()
    return (kind or transformers.Trainer)(
        Model(), arguments, train_dataset=examples, eval_dataset=examples[:16], callbacks=[callback]
    )


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """What transformers' own logger is told: it passes nothing on to the root."""
    lines = list[str]()
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = transformers.utils.logging.get_logger("transformers")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def rates_logged(trainer: Any) -> list[float]:
    return [row["learning_rate"] for row in trainer.state.log_history if "learning_rate" in row]


def test_a_study_leads_the_rates_and_they_are_logged(tmp_path: Path, warned: list[str]) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS))
    trainer = trainer_of(tmp_path, callback)
    trainer.train()
    assert rates_logged(trainer) == RATE.curve(STEPS).tolist()
    assert callback.watched.run.series["rate"].values.tolist() == pytest.approx(RATE.curve(STEPS).tolist())
    assert warned == []


def test_a_training_that_blows_up_is_warned_of_in_its_own_logger(tmp_path: Path, warned: list[str]) -> None:
    callback = ours.RatecraftCallback()
    trainer_of(tmp_path, callback, steps=60, rate=1e4, lr_scheduler_type="constant").train()
    assert [each.code for each in callback.watched.findings] == ["non-finite-after-growth"]
    assert len(warned) == 1
    assert warned[0].startswith("ratecraft: lost: ")


def test_a_training_of_another_length_is_refused_unless_it_is_stretched(tmp_path: Path) -> None:
    study = finished_study(tmp_path, RATE, STEPS)
    with pytest.raises(InvalidInput, match=f"is for {STEPS} steps; this training has 12"):
        trainer_of(tmp_path, ours.RatecraftCallback(study), steps=12).train()
    trainer = trainer_of(tmp_path, ours.RatecraftCallback(study, stretch=True), steps=12)
    trainer.train()
    assert rates_logged(trainer) == pytest.approx(RATE.curve(STEPS)[::2].tolist())


def test_a_study_without_a_gain_leaves_the_rates_alone_and_says_so(tmp_path: Path, warned: list[str]) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS, verdict="no-gain"))
    trainer = trainer_of(tmp_path, callback, lr_scheduler_type="constant")
    trainer.train()
    assert set(rates_logged(trainer)) == {0.05}
    assert warned == ["ratecraft: study study found nothing better than the rates of your training, so these are kept"]


def test_a_guard_ends_the_training_whose_validation_has_turned(tmp_path: Path) -> None:
    class Turning(transformers.Trainer):  # pyright: ignore
        def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
            metrics = {"eval_loss": abs(20 - self.state.global_step) / 10 + 1}
            self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

    callback = ours.RatecraftCallback(guard=Guard(stop_checks=4, plateau_checks=0))
    evaluated = {"lr_scheduler_type": "constant", "eval_strategy": "steps", "eval_steps": 2}
    trainer = trainer_of(tmp_path, callback, 200, kind=Turning, **evaluated)
    trainer.train()
    assert trainer.state.global_step < 100
    assert "guard-stop" in [each.code for each in callback.watched.findings]


def test_it_goes_on_from_a_checkpoint_where_that_was_made(tmp_path: Path) -> None:
    study = finished_study(tmp_path, RATE, STEPS)
    first = trainer_of(tmp_path, ours.RatecraftCallback(study))
    first.args.save_strategy, first.args.save_steps = transformers.trainer_utils.SaveStrategy.STEPS, 10
    first.add_callback(ours.RatecraftCallback())  # two do not disturb one another
    first.train()
    second = trainer_of(tmp_path, ours.RatecraftCallback(study))
    second.train(resume_from_checkpoint=str(tmp_path / "checkpoint-10"))
    assert rates_logged(second) == rates_logged(first) == RATE.curve(STEPS).tolist()


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
