"""Mirrors ratecraft/integrations/ultralytics.py: trainings of a small live classifier, watched and led."""

import doctest
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.finished_study import finished_study
from tests.peers import Peer

from ratecraft.integrations.callback import callback
from ratecraft.schedules.builders.constructors import linear, warmup
from ratecraft.watching.guard import Guard

ultralytics, ours = Peer("ultralytics"), Peer("ratecraft.integrations.ultralytics")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
BATCHES, EPOCHS = 3, 2
STEPS = BATCHES * EPOCHS
RATE = 0.01 * (warmup(2) >> linear(1, 0, STEPS - 2))


def images_in(folder: Path) -> None:
    """Dark and bright ones, in the folders that the trainer looks for."""
    from PIL import Image

    draws = np.random.default_rng(0)
    for part in ("train", "val"):
        for name, level in (("dark", 40), ("bright", 200)):
            place = folder / "data" / part / name
            place.mkdir(parents=True)
            for number in range(12):
                pixels = np.clip(draws.normal(level, 20, (32, 32, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.png")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Images, and the trainer's settings."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    monkeypatch.chdir(tmp_path)
    images_in(tmp_path)
    yield tmp_path
    logging.getLogger("ultralytics").propagate = True


def train(model: Any, folder: Path, **more: Any) -> None:
    asked = {
        "save": False,
        "epochs": EPOCHS,
        "batch": 8,
        "nbs": 8,
        "imgsz": 32,
        "workers": 0,
        "device": "cpu",
        "amp": False,
        **more,
    }
    model.train(data=str(folder / "data"), plots=False, verbose=False, project=str(folder), **asked)


def test_a_study_leads_every_update_over_the_trainer_s_warm_up(folder: Path) -> None:
    model = ultralytics.YOLO("yolo11n-cls.yaml")
    beside = callback(finished_study(folder, RATE, STEPS), model)
    beside.add_to(model)
    train(model, folder)
    series = beside.watched.run.series
    assert series["rate"].values.tolist() == pytest.approx(RATE.curve(STEPS).tolist())
    assert len(series["loss"].values) == STEPS
    assert len(series["val_loss"].values) == EPOCHS


def test_a_study_that_found_nothing_better_leaves_the_rates(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = ultralytics.YOLO("yolo11n-cls.yaml")
    beside = callback(finished_study(folder, RATE, STEPS, verdict="no-gain"), "ultralytics")
    beside.add_to(model)
    logging.getLogger("ultralytics").propagate = True
    with caplog.at_level(logging.WARNING, "ultralytics.ratecraft"):
        train(model, folder, optimizer="SGD", lr0=0.02, lrf=1.0, warmup_epochs=0)
    assert beside.watched.run.series["rate"].values.tolist() == pytest.approx([0.02] * STEPS)
    assert "found nothing better" in caplog.messages[0]


def test_a_guard_ends_the_training_whose_validation_has_turned(folder: Path) -> None:
    model = ultralytics.YOLO("yolo11n-cls.yaml")
    beside = callback(framework="ultralytics", guard=Guard(stop_checks=3, plateau_checks=0))
    model.add_callback("on_fit_epoch_end", _turned)  # which is called before ours
    beside.add_to(model)
    train(model, folder, epochs=30, save=True)
    assert "guard-stop" in [each.code for each in beside.watched.findings]
    assert len(beside.watched.run.series["val_loss"].values) < 20


def test_a_training_that_breaks_off_is_told_of_what_was_seen(folder: Path) -> None:
    model = ultralytics.YOLO("yolo11n-cls.yaml")
    beside = callback(framework="ultralytics")
    beside.add_to(model)
    model.add_callback("on_train_batch_end", _spoil)
    with pytest.raises(RuntimeError, match="NaN"):  # the trainer's own end of such a training
        train(model, folder, epochs=6)
    assert any(each.code.startswith("non-finite") for each in beside.watched.findings)


def _spoil(trainer: Any) -> None:
    """Nothing is a number any more."""
    for parameter in trainer.model.parameters():
        parameter.data.fill_(float("nan"))


def _turned(trainer: Any) -> None:
    """As if the validation got better for four epochs, and then worse."""
    trainer.metrics = {"val/loss": abs(4.0 - trainer.epoch) + 1}


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
