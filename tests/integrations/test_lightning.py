"""Mirrors ratecraft/integrations/lightning.py: trainings of the live Trainer, watched, guarded and led."""

import doctest
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.integrations.finished_study import finished_study
from tests.peers import Peer
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Group
from ratecraft.schedules.builders.constructors import linear, warmup
from ratecraft.watching.guard import Guard

lightning, ours = Peer("lightning.pytorch"), Peer("ratecraft.integrations.lightning")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]  # `test_torch` has a short one in every run
STEPS = 24
RATE = 0.1 * (warmup(4) >> linear(1, 0, STEPS - 4))


def module_of(rate: float = 0.05, validation: Any = None, optimizers: int = 1) -> Any:
    class Module(lightning.LightningModule):  # pyright: ignore
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.layers = nn.ModuleList(nn.Linear(4, 1) for _ in range(optimizers))
            self.automatic_optimization = optimizers == 1
            self.used: list[list[float]] = []

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            made = [self.optimizers()] if optimizers == 1 else self.optimizers()
            self.used.append([each.param_groups[0]["lr"] for each in made])
            losses = [nn.functional.mse_loss(layer(batch[0]), batch[1]) for layer in self.layers]
            for loss, optimizer in zip(losses, made, strict=True) if optimizers > 1 else ():
                optimizer.zero_grad()
                self.manual_backward(loss)
                optimizer.step()
            return losses[0]

        def validation_step(self, batch: Any, index: int) -> None:
            if validation is not None:
                self.log("val_loss", validation(self.global_step))

        def configure_optimizers(self) -> Any:
            made = [torch.optim.SGD(layer.parameters(), lr=rate) for layer in self.layers]
            return made[0] if optimizers == 1 else made

    return Module()


def fit(folder: Path, callback: Any, module: Any, steps: int = STEPS, **more: Any) -> Any:
    inputs = torch.randn(8 * STEPS, 4, generator=torch.Generator().manual_seed(7))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True)), 8)
    resumed = more.pop("ckpt_path", None)
    trainer = lightning.Trainer(
        max_steps=steps, accelerator="cpu", default_root_dir=folder, callbacks=[callback], logger=False,
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
        num_sanity_val_steps=0, **more,
    )  # fmt: skip
    trainer.fit(module, loader, loader, ckpt_path=resumed)
    return trainer


def test_a_study_leads_the_rates_over_those_of_the_module(tmp_path: Path) -> None:
    module = module_of()
    fit(tmp_path, ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), module)
    assert [used for (used,) in module.used] == RATE.curve(STEPS).tolist()


def test_a_study_with_several_optimizers_leads_each_by_its_own_ratio(tmp_path: Path) -> None:
    groups = (Group(5, 0.05, 1.0, number=0), Group(5, 0.005, 0.1, number=1))
    module = module_of(optimizers=2)
    study = finished_study(tmp_path, RATE, STEPS, groups=groups)
    fit(tmp_path, ours.RatecraftCallback(study, stretch=True), module, 2 * STEPS)  # Lightning counts the steps of both
    stretched = RATE.curve(STEPS).tolist()
    assert [first for first, _ in module.used][::2] == pytest.approx(stretched[: len(module.used) // 2])
    assert all(second == pytest.approx(0.1 * first) for first, second in module.used)


def test_it_goes_on_from_a_checkpoint_where_that_was_made(tmp_path: Path) -> None:
    study = finished_study(tmp_path, RATE, STEPS)
    fit(tmp_path, ours.RatecraftCallback(study, stretch=True), module_of(), 10).save_checkpoint(tmp_path / "at-10.ckpt")
    module = module_of()
    fit(tmp_path, ours.RatecraftCallback(study), module, ckpt_path=tmp_path / "at-10.ckpt")
    assert [used for (used,) in module.used] == RATE.curve(STEPS)[10:].tolist()


def test_a_training_that_blows_up_is_warned_of_in_its_own_logger(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = ours.RatecraftCallback()
    logger = logging.getLogger("lightning.pytorch")
    logger.addHandler(caplog.handler)
    fit(tmp_path, callback, module_of(rate=1e4), 60)
    logger.removeHandler(caplog.handler)
    assert [each.code for each in callback.watched.findings] == ["non-finite-after-growth"]
    lines = {record.getMessage() for record in caplog.records if record.name == "lightning.pytorch.ratecraft"}
    assert len(lines) == 1
    assert lines.pop().startswith("ratecraft: lost: ")


def test_a_guard_ends_the_training_whose_validation_has_turned(tmp_path: Path) -> None:
    callback = ours.RatecraftCallback(guard=Guard(stop_checks=4, plateau_checks=0))
    module = module_of(validation=lambda step: abs(20 - step) / 10 + 1)
    trainer = fit(tmp_path, callback, module, 200, val_check_interval=2, limit_val_batches=1)
    assert trainer.global_step < 100
    assert "guard-stop" in [each.code for each in callback.watched.findings]


def test_a_training_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"is for {STEPS} steps; this training has 12"):
        fit(tmp_path, ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), module_of(), 12)


def test_an_exception_of_the_training_ends_the_watch(tmp_path: Path) -> None:
    class Broken(lightning.Callback):  # pyright: ignore
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step == 5:
                raise RuntimeError("broken")

    callback, module = ours.RatecraftCallback(), module_of()
    callback.on_train_batch_end = Broken().on_train_batch_end
    with pytest.raises(RuntimeError, match="broken"):
        fit(tmp_path, callback, module)
    assert callback.watched.run.series["loss"].values.size == 5  # told, though fewer than are told together


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
