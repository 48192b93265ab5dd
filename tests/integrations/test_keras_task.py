"""Mirrors `keras_task` of ratecraft/integrations/keras.py: digits, trained by live models of Keras."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.peers import Peer

from ratecraft.api.load import load
from ratecraft.api.tune import tune
from ratecraft.errors import InvalidInput

keras, ours, datasets = Peer("keras"), Peer("ratecraft.integrations.keras"), Peer("sklearn.datasets")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]


def build(rate: Any = 0.002) -> Any:
    layers = keras.layers
    model = keras.Sequential([layers.Dense(32, "relu"), layers.Dropout(0.1), layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"])
    return model


def digits() -> dict[str, Any]:
    x, y = datasets.load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    return {"x": x[:1437], "y": y[:1437], "validation_data": (x[1437:], y[1437:])}


def task_of(**more: Any) -> Any:
    return ours.keras_task(build, **{**digits(), "epochs": 20, "batch_size": 64, **more})


def values(state: Any) -> list[Any]:
    return state.model().get_weights()


def alike(one: Any, other: Any) -> bool:
    return all((a == b).all() for a, b in zip(values(one), values(other), strict=True))


def steps(task: Any, state: Any, over: range, rate: float = 0.01) -> tuple[Any, list[float]]:
    losses = list[float]()
    for step in over:
        state, loss = task.update(state, task.batch(step), rate)
        losses.append(float(loss))
    return state, losses


def test_a_copy_and_what_it_was_copied_from_go_on_alike_and_apart() -> None:
    task = task_of()
    trunk, _ = steps(task, task.init(0), range(5))
    branch = task.copy(trunk)
    _, first = steps(task, trunk, range(5, 9))
    _, second = steps(task, branch, range(5, 9))
    assert first == second
    assert alike(trunk, branch)
    steps(task, branch, range(9, 10), 0.3)
    assert not alike(trunk, branch)


def test_a_rate_that_changes_is_used_at_once() -> None:
    task = task_of()
    state, _ = steps(task, task.init(0), range(3))
    before = values(state)
    state, _ = steps(task, state, range(3, 4), 0.0)
    still = values(state)
    state, _ = steps(task, state, range(4, 5), 0.5)
    moved = [float(np.abs(a - b).max()) for a, b in zip(still, values(state), strict=True)]
    assert max(moved) > 10 * max(float(np.abs(a - b).max()) for a, b in zip(before, still, strict=True))


def test_seeds_begin_with_other_weights_and_the_same_seed_with_the_same() -> None:
    task = task_of()
    assert alike(task.init(3), task.init(3))
    assert not alike(task.init(3), task.init(4))


def test_every_epoch_has_each_sample_once_in_an_order_of_its_own() -> None:
    task = task_of(batch_size=500)
    epochs = [np.concatenate([task.batch(3 * epoch + at)[0] for at in range(3)]) for epoch in range(2)]
    assert task.batch(2)[1].shape == (437,)
    assert not (epochs[0] == epochs[1]).all()
    for epoch in epochs:
        assert (np.sort(epoch, 0) == np.sort(digits()["x"], 0)).all()


def test_digits_are_tuned_within_the_budget_of_a_short_run(tmp_path: Path) -> None:
    task = task_of()
    result = tune(task, study=tmp_path / "study", progress=False)
    assert result.verdict == "gain"
    assert result.rate is not None
    assert result.rate > 0.01
    assert 1 < result.summary.costs.runs <= 3  # under 768 steps: two runs, three where doubt is left
    model: Any = result.state.model()
    x, y = digits()["validation_data"]
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] == pytest.approx(result.tuned.best, rel=1e-4)
    assert load(tmp_path / "study").answer.rate == result.rate


def test_an_optimizer_that_was_made_with_a_schedule_is_refused() -> None:
    rate = keras.optimizers.schedules.CosineDecay(0.1, 100)
    with pytest.raises(InvalidInput, match="was made with a CosineDecay"):
        ours.keras_task(lambda: build(rate), **digits(), epochs=1)


def test_the_same_holds_with_the_compiled_steps_of_jax() -> None:
    pytest.importorskip("jax")
    if keras.backend.backend() == "jax":
        pytest.skip("this is it")
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "soak", __file__]
    done = subprocess.run(
        asked, env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
