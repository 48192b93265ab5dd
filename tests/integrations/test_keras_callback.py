"""Mirrors the callback of ratecraft/integrations/keras.py: live trainings, on the backend that this process has."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.finished_study import finished_study
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.records.logging import set_listener
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.watching.guard import Guard

keras, ours = Peer("keras"), Peer("ratecraft.integrations.keras")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
BATCHES, EPOCHS = 8, 3
STEPS = BATCHES * EPOCHS
RATE = 0.1 * (warmup(4) >> linear(1, 0, STEPS - 4))
RATES = RATE.curve(STEPS).astype(np.float32).tolist()
INPUTS = np.random.default_rng(7).normal(size=(64, 4)).astype(np.float32)
TARGETS = INPUTS.sum(1, keepdims=True)
OTHERS = (INPUTS[::-1] + 0.1, TARGETS[::-1] + 0.4)


def model_of(rate: Any = 0.05, **more: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate, **more), "mse")
    return model


def fit(model: Any, *callbacks: Any, epochs: int = EPOCHS, **more: Any) -> Any:
    return model.fit(INPUTS, TARGETS, batch_size=8, epochs=epochs, shuffle=False, verbose=0,
                     validation_data=OTHERS, callbacks=list(callbacks), **more)  # fmt: skip


def told(callback: Any, name: str) -> list[float]:
    return callback.watched.run.series[name].values.tolist()


def by_hand(rates: list[float]) -> tuple[list[float], np.ndarray]:
    """Losses and weights of the same training, written in NumPy."""
    weights, losses = np.concatenate([each.ravel() for each in model_of().get_weights()]).astype(float), list[float]()
    for step, rate in enumerate(rates):
        rows = slice(8 * (step % BATCHES), 8 * (step % BATCHES) + 8)
        inputs = np.concatenate([INPUTS[rows], np.ones((8, 1))], 1)
        error = inputs @ weights - TARGETS[rows, 0]
        losses.append(float((error**2).mean()))
        weights -= rate * 2 * inputs.T @ error / 8
    return losses, weights


@pytest.mark.parametrize("own", ["number", "schedule"])
def test_a_study_leads_every_update_and_the_loss_of_every_step_is_heard(tmp_path: Path, own: str) -> None:
    rate = 1.0 if own == "number" else keras.optimizers.schedules.CosineDecay(1.0, STEPS)
    callback, model = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), model_of(rate)
    reducing = keras.callbacks.LearningRateScheduler(lambda epoch: 3.0)
    fit(model, *([reducing] if own == "number" else []), callback)
    losses, weights = by_hand(RATES)
    assert told(callback, "loss") == pytest.approx(losses, rel=1e-3, abs=1e-5)
    assert np.concatenate([each.ravel() for each in model.get_weights()]) == pytest.approx(weights, rel=1e-3)
    assert told(callback, "rate") == pytest.approx(RATE.curve(STEPS))
    assert len(told(callback, "val_loss")) == EPOCHS


def test_an_optimizer_has_its_own_schedule_again_at_the_end(tmp_path: Path) -> None:
    own = keras.optimizers.schedules.CosineDecay(1.0, STEPS)
    model = model_of(own)
    fit(model, ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)))
    kept = model.optimizer.get_config()["learning_rate"]
    assert kept["class_name"] == "CosineDecay"
    before = model.get_weights()[1].copy()
    fit(model, epochs=1)  # at a rate of 0, which is where the cosine has ended
    assert (model.get_weights()[1] == before).all()


def test_a_model_that_trains_on_goes_on_where_it_was(tmp_path: Path) -> None:
    callback, model = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), model_of()
    fit(model, epochs=1)
    fit(model, callback, initial_epoch=1)
    assert told(callback, "rate") == pytest.approx(RATE.curve(STEPS)[BATCHES:])


def test_gradients_that_are_accumulated_make_one_step(tmp_path: Path) -> None:
    study = finished_study(tmp_path, linear(0.1, 0, STEPS // 2), STEPS // 2)
    callback, model = ours.RatecraftCallback(study), model_of(gradient_accumulation_steps=2)
    fit(model, callback)
    assert told(callback, "rate") == pytest.approx(linear(0.1, 0, STEPS // 2).curve(STEPS // 2))
    assert len(told(callback, "loss")) == STEPS // 2


def test_a_training_that_is_only_watched_comes_out_bit_for_bit_as_without() -> None:
    callback, watched, alone = ours.RatecraftCallback(), model_of(), model_of()
    fit(watched, callback)
    fit(alone)
    assert all((one == other).all() for one, other in zip(watched.get_weights(), alone.get_weights(), strict=True))
    assert told(callback, "rate") == pytest.approx([0.05] * len(told(callback, "rate")))
    assert callback.watched.findings == ()


def test_a_training_that_blows_up_is_warned_of_in_its_own_logger(caplog: pytest.LogCaptureFixture) -> None:
    callback = ours.RatecraftCallback()
    with caplog.at_level(logging.WARNING, "keras.ratecraft"):
        fit(model_of(30.0), callback, epochs=20)
    assert [each.code for each in callback.watched.findings] == ["non-finite-after-growth"]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("ratecraft: lost: ")


def test_a_study_that_found_nothing_better_leaves_the_rate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    callback = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS, verdict="no-gain"))
    with caplog.at_level(logging.WARNING, "keras.ratecraft"):
        fit(model_of(), callback)
    assert told(callback, "rate") == pytest.approx([0.05] * len(told(callback, "rate")))
    assert "found nothing better" in caplog.messages[0]


def test_in_a_script_that_ratecraft_runs_it_does_nothing(tmp_path: Path) -> None:
    callback, model = ours.RatecraftCallback(finished_study(tmp_path, RATE, STEPS)), model_of()
    set_listener(lambda name, value: None)
    try:
        fit(model, callback)
    finally:
        set_listener(None)
    assert callback.watched is None
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"guard": Guard()}, "A guard needs the optimizer"),
        ({"study": {"steps": STEPS + 1}}, f"{STEPS + 1} steps; this training has {STEPS}"),
        ({"study": {"schedules": {"rate": RATE, "momentum": constant(0.9)}}}, "a schedule for `momentum`"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, given: dict[str, Any], text: str) -> None:
    if "study" in given:
        steps = given["study"].pop("steps", STEPS)
        rate = RATE if steps == STEPS else linear(0.1, 0, steps)
        given = {"study": finished_study(tmp_path, rate, steps, **given["study"])}
    with pytest.raises(InvalidInput, match=text):
        fit(model_of(), ours.RatecraftCallback(**given))


def test_the_same_holds_with_the_compiled_steps_of_jax() -> None:
    pytest.importorskip("jax")
    if keras.backend.backend() == "jax":
        pytest.skip("this is it")
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "soak", __file__]
    done = subprocess.run(
        asked, env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_several_batches_in_one_call_are_refused() -> None:
    if keras.backend.backend() != "jax":
        pytest.skip("torch has no such calls")
    model = model_of()
    model.compile("sgd", "mse", steps_per_execution=4)
    with pytest.raises(InvalidInput, match="trains 4 batches in one call"):
        fit(model, ours.RatecraftCallback())
