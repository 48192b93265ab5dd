"""Mirrors ratecraft/integrations/keras.py: a small real training with Keras, saved and resumed."""

import doctest
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import cosine, exponential, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.nodes import Schedule

keras, ours = Peer("keras"), Peer("ratecraft.integrations.keras")

STEPS, STOP = 24, 10
RATE = bind(0.05 * (warmup(6) >> cosine()), STEPS)
INPUTS = np.random.default_rng(7).normal(size=(STEPS, 16, 4)).astype(np.float32)


def model_of() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(ours.RatecraftSchedule(RATE, STEPS), momentum=0.9), "mse")
    return model


def train(model: Any, steps: range) -> list[float]:
    used: list[float] = []
    for step in steps:
        used.append(float(model.optimizer.learning_rate))
        model.train_on_batch(INPUTS[step], np.sin(INPUTS[step].sum(1, keepdims=True)))
    return used


@pytest.mark.parametrize("schedule", [RATE, exponential(0.9)], ids=repr)
def test_it_has_the_values_of_the_schedule(schedule: Schedule) -> None:
    rate = ours.RatecraftSchedule(schedule, STEPS)
    wanted = schedule.curve(STEPS + 1).astype(np.float32).tolist()
    assert [float(rate(step)) for step in range(STEPS + 5)] == [*wanted, *wanted[-1:] * 4]


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_saved_and_loaded_trains_on_as_before(tmp_path: Path) -> None:
    straight = model_of()
    used = train(straight, range(STEPS))
    assert used == RATE.curve(STEPS).astype(np.float32).tolist()

    first = model_of()
    train(first, range(STOP))
    first.save(tmp_path / "model.keras")
    resumed = keras.saving.load_model(tmp_path / "model.keras")
    assert resumed.optimizer.get_config()["learning_rate"]["config"]["schedule"]["kind"] == "affine"
    assert train(resumed, range(STOP, STEPS)) == used[STOP:]
    for one, other in zip(resumed.get_weights(), straight.get_weights(), strict=True):
        assert (one == other).all()


def test_it_serialises_to_plain_values_and_back() -> None:
    rate = ours.RatecraftSchedule(RATE, STEPS)
    plain = keras.saving.serialize_keras_object(rate)
    again = keras.saving.deserialize_keras_object(plain)
    assert isinstance(again, ours.RatecraftSchedule)
    assert (again.schedule, again.steps) == (RATE, STEPS)


@pytest.mark.soak
def test_the_compiled_steps_of_jax_use_it_too() -> None:
    pytest.importorskip("jax")
    lines = [
        "import numpy as np, keras",
        "from ratecraft.integrations.keras import RatecraftSchedule",
        "from ratecraft.schedules.builders.constructors import linear",
        "model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])",
        "model.compile(keras.optimizers.SGD(RatecraftSchedule(linear(0.5, 0, 4), 4)), lambda y, p: keras.ops.mean(p))",
        "model.set_weights([np.zeros((1, 1))])",
        "for _ in range(6): model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))",
        "print(float(model.get_weights()[0][0, 0]))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) == -(0.5 + 0.375 + 0.25 + 0.125)


def test_a_schedule_without_a_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        ours.RatecraftSchedule(cosine(), STEPS)


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
