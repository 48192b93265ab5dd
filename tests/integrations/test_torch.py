"""Mirrors ratecraft/integrations/torch.py: small real trainings, broken off and resumed, in three kinds of loop."""

import doctest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.integrations.finished_study import finished_study
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from ratecraft.integrations import torch as ours
from ratecraft.integrations.torch import ScheduleLR
from ratecraft.schedules.builders.constructors import cosine, linear, warmup
from ratecraft.schedules.horizon import bind

STEPS, STOP = 24, 10
RATE = 0.05
FACTOR = bind(warmup(6) >> cosine(), STEPS)
MOMENTUM = linear(0.85, 0.95, STEPS)
USED = [(RATE * FACTOR.at(step), MOMENTUM.at(step)) for step in range(STEPS)]


def model_of(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def optimizer_of(model: nn.Module, tensor: bool = False) -> torch.optim.Optimizer:
    rate: Any = torch.tensor(RATE, dtype=torch.float64) if tensor else RATE
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)


def scheduler_of(optimizer: torch.optim.Optimizer) -> ScheduleLR:
    return ScheduleLR(optimizer, {"rate": FACTOR, "momentum": MOMENTUM})


def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(7)
    for _ in range(STEPS):
        inputs = torch.randn(16, 4, generator=generator)
        yield inputs, inputs.sum(1, keepdim=True).sin()


def weights_of(model: nn.Module) -> list[float]:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).tolist()


def train(model: nn.Module, optimizer: torch.optim.Optimizer, scheduler: ScheduleLR, steps: range) -> list[Any]:
    used: list[Any] = []
    for step, (inputs, targets) in enumerate(batches()):
        if step in steps:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(inputs), targets).backward()  # pyright: ignore[reportUnknownMemberType]
            used += [(float(group["lr"]), group["momentum"]) for group in optimizer.param_groups]
            optimizer.step()  # pyright: ignore[reportUnknownMemberType]
            scheduler.step()
    return used


@pytest.mark.parametrize("tensor", [False, True])
def test_a_plain_loop_that_is_resumed_ends_with_the_same_weights(tmp_path: Path, tensor: bool) -> None:
    straight = model_of()
    optimizer = optimizer_of(straight, tensor)
    assert train(straight, optimizer, scheduler_of(optimizer), range(STEPS)) == USED

    broken_off = model_of()
    optimizer = optimizer_of(broken_off, tensor)
    scheduler = scheduler_of(optimizer)
    train(broken_off, optimizer, scheduler, range(STOP))
    parts: dict[str, Any] = {"model": broken_off, "optimizer": optimizer, "scheduler": scheduler}
    torch.save({name: part.state_dict() for name, part in parts.items()}, tmp_path / "state.pt")

    resumed = model_of(seed=1)
    optimizer = optimizer_of(resumed, tensor)
    scheduler = scheduler_of(optimizer)
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    for name, part in (("scheduler", scheduler), ("model", resumed), ("optimizer", optimizer)):
        part.load_state_dict(saved[name])
    assert train(resumed, optimizer, scheduler, range(STOP, STEPS)) == USED[STOP:]
    assert weights_of(resumed) == weights_of(straight)


def test_any_callable_will_do_where_torch_takes_one() -> None:
    optimizer = optimizer_of(model_of())
    scheduler = LambdaLR(optimizer, FACTOR.at)
    for step in range(STEPS):
        assert optimizer.param_groups[0]["lr"] == RATE * FACTOR.at(step)
        optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        scheduler.step()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tensor", [False, True])
def test_lightning_trains_and_resumes_with_it(tmp_path: Path, tensor: bool) -> None:
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):  # pyright: ignore
        def __init__(self) -> None:
            super().__init__()
            self.model = model_of()
            self.used: list[Any] = []

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            group = self.optimizers().param_groups[0]
            self.used.append((float(group["lr"]), group["momentum"]))
            return nn.functional.mse_loss(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> dict[str, Any]:
            optimizer = optimizer_of(self.model, tensor)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler_of(optimizer), "interval": "step"},
            }

    def fit(steps: int, resume_from: Path | None = None) -> tuple[Any, Any]:
        module = Module()
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
        trainer = lightning.Trainer(
            max_steps=steps, accelerator="cpu", enable_checkpointing=False, default_root_dir=tmp_path, **quiet
        )
        loader = torch.utils.data.DataLoader(
            [next(batches())] * STEPS, batch_size=None
        )  # it begins anew after a resume
        trainer.fit(module, loader, ckpt_path=resume_from)
        return module, trainer

    straight, _ = fit(STEPS)
    first, trainer = fit(STOP)
    trainer.save_checkpoint(tmp_path / "state.ckpt")
    resumed, _ = fit(STEPS, tmp_path / "state.ckpt")
    assert straight.used == USED
    assert first.used + resumed.used == USED
    assert weights_of(resumed.model) == weights_of(straight.model)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tensor", [False, True])
def test_the_trainer_of_transformers_trains_and_resumes_with_it(tmp_path: Path, tensor: bool) -> None:
    transformers = pytest.importorskip("transformers")

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model_of()

        def forward(self, inputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"loss": nn.functional.mse_loss(self.model(inputs), targets)}

    data = [{"inputs": inputs[0], "targets": targets[0]} for inputs, targets in batches()]

    def fit(steps: int, resume_from: str | None = None) -> tuple[nn.Module, list[Any]]:
        model, used = Model(), list[Any]()
        optimizer = optimizer_of(model, tensor)

        class Watch(transformers.TrainerCallback):  # pyright: ignore
            def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
                group = optimizer.param_groups[0]
                used.append((float(group["lr"]), group["momentum"]))

        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path), max_steps=steps, save_steps=STOP, per_device_train_batch_size=4, use_cpu=True,
            report_to=[], disable_tqdm=True, logging_strategy="no", max_grad_norm=0.0, remove_unused_columns=False,
        )  # fmt: skip
        optimizers = (optimizer, scheduler_of(optimizer))
        trainer = transformers.Trainer(model, arguments, train_dataset=data, optimizers=optimizers, callbacks=[Watch()])
        trainer.train(resume_from_checkpoint=resume_from)
        return model, used

    straight, used = fit(STEPS)
    resumed, rest = fit(STEPS, str(tmp_path / f"checkpoint-{STOP}"))
    assert used == USED
    assert rest == USED[STOP:]
    assert weights_of(resumed) == weights_of(straight)


class Small(nn.Module):
    """A model as the Trainer of transformers takes one."""

    def __init__(self) -> None:
        super().__init__()
        self.model = model_of()

    def forward(self, inputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": nn.functional.mse_loss(self.model(inputs), targets)}


@pytest.mark.filterwarnings("ignore")
def test_a_study_leads_the_trainer_of_transformers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    from ratecraft.integrations.transformers import RatecraftCallback

    callback = RatecraftCallback(finished_study(tmp_path, RATE * FACTOR, STEPS))
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path), max_steps=STEPS, per_device_train_batch_size=4, use_cpu=True, report_to=[],
        disable_tqdm=True, logging_steps=1, save_strategy="no", max_grad_norm=0.0, remove_unused_columns=False,
    )  # fmt: skip
    data = [{"inputs": inputs[0], "targets": targets[0]} for inputs, targets in batches()]
    trainer = transformers.Trainer(Small(), arguments, train_dataset=data, callbacks=[callback])
    trainer.train()
    wanted = (RATE * FACTOR).curve(STEPS).tolist()
    assert [row["learning_rate"] for row in trainer.state.log_history if "learning_rate" in row] == wanted
    assert callback.watched is not None
    assert callback.watched.run.series["rate"].values.tolist() == wanted


@pytest.mark.filterwarnings("ignore")
def test_a_study_leads_lightning(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch")
    from ratecraft.integrations.lightning import RatecraftCallback

    class Module(lightning.LightningModule):  # pyright: ignore
        def __init__(self) -> None:
            super().__init__()
            self.model = model_of()

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            return nn.functional.mse_loss(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return optimizer_of(self.model)

    callback = RatecraftCallback(finished_study(tmp_path, RATE * FACTOR, STEPS))
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
    trainer = lightning.Trainer(
        max_steps=STEPS, accelerator="cpu", enable_checkpointing=False, default_root_dir=tmp_path,
        callbacks=[callback], **quiet,
    )  # fmt: skip
    trainer.fit(Module(), torch.utils.data.DataLoader(list(batches()), batch_size=None))
    assert callback.watched is not None
    assert callback.watched.run.series["rate"].values.tolist() == (RATE * FACTOR).curve(STEPS).tolist()


def test_its_examples_run() -> None:
    assert doctest.testmod(ours).failed == 0
