"""Mirrors ratecraft/schedules/generated_code/traced.py: code for optax, Keras and the Trainer runs and compares."""

import ast
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import inverse_sqrt, multistep, noam, wsd
from ratecraft.schedules.builders.constructors import (
    constant,
    cosine,
    exponential,
    function,
    geometric,
    k_decay,
    linear,
    polynomial,
    rex,
    saturating,
    tanh,
    warmup,
)
from ratecraft.schedules.builders.cyclic import cosine_restarts, exp_range, onecycle, triangular2
from ratecraft.schedules.dialects.torch import StepLR
from ratecraft.schedules.generated_code.code import keras_code, optax_code, transformers_code
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import steps
from ratecraft.schedules.trees.nodes import Schedule

os.environ.setdefault("KERAS_BACKEND", "torch")
HORIZON = 200

SCHEDULES = [
    constant(0.1),
    0.05 * (warmup(8) >> constant(1, 72) >> linear(1, 0)),
    0.3 * wsd(0.05, 0.6),
    0.1 * (warmup(0.1) >> cosine()),
    0.2 * exponential(0.97, length=100) + 1e-3,
    0.1 * warmup(50) * (constant(1, 20) >> linear(1, 0.5)),
    0.1 * StepLR(30, 0.5),
    0.1 * multistep([30, 80], 0.1),
    0.1 * inverse_sqrt(20),
    noam(512, 50),
    0.1 * cosine_restarts(10, growth=2.0, decay=0.5),
    0.1 * cosine(1, 0, 10).repeat(3, growth=1.5, after=0.2),
    0.1 * cosine(1, 0, 13).repeat(4, decay=0.7),
    cosine(0.1, 0, steps(101, 7)).repeat(),
    0.1 * triangular2(9),
    0.1 * exp_range(9, 0.99),
    onecycle().rate,
    0.1 * k_decay(2.0),
    0.1 * rex(),
    0.1 * tanh(),
    0.1 * saturating(),
    geometric(0.1, 0.001),
    polynomial(0.1, 0.01, 50, power=3.0).shifted(7).min(0.08).max(0.02),
    linear(0.1, 0, 60).quantise(7) >> linear(0.5, 0.1, 20, after="reflect"),
    cosine(0.1, 0, 40, after="extend"),
]


def _pasted(code: str, **names: Any) -> dict[str, Any]:
    namespace: dict[str, Any] = dict(names)
    exec(code, namespace)  # noqa: S102
    return namespace


def _size(curve: Any) -> float:
    return float(np.abs(curve).max())


def _assert_traced(schedule: Schedule, jax: Any) -> None:
    curve = bind(schedule, HORIZON).curve(HORIZON + 5)
    with jax.enable_x64(True):
        rate = _pasted(optax_code(schedule, HORIZON))["rate"]
        values = jax.jit(jax.vmap(lambda step: jax.numpy.asarray(rate(step)) + 0.0 * step))(np.arange(HORIZON + 5))
    assert_allclose(np.asarray(values), curve, rtol=1e-11, atol=1e-13 * _size(curve))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_code_for_optax_has_the_values_of_the_schedule(schedule: Schedule) -> None:
    _assert_traced(schedule, pytest.importorskip("jax"))


@given(st.from_type(Schedule))
def test_any_tree_can_be_traced(tree: Schedule) -> None:
    _assert_traced(tree, pytest.importorskip("jax"))


def test_the_code_for_optax_trains() -> None:
    optax: Any = pytest.importorskip("optax")
    schedule = 0.1 * (warmup(2) >> linear(1, 0))
    optimizer = optax.sgd(learning_rate=_pasted(optax_code(schedule, 8))["rate"])
    weights, state = np.float32(0.0), optimizer.init(np.float32(0.0))
    for _ in range(8):
        updates, state = optimizer.update(np.float32(1.0), state, weights)
        weights = optax.apply_updates(weights, updates)
    assert float(weights) == pytest.approx(-sum(bind(schedule, 8).curve(8)), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_code_for_keras_has_the_values_of_the_schedule(schedule: Schedule) -> None:
    pytest.importorskip("keras")
    curve = bind(schedule, HORIZON).curve(HORIZON + 5)
    rate = _pasted(keras_code(schedule, HORIZON))["Rate"]()
    chosen = [*range(0, HORIZON + 5, 9), HORIZON - 1, HORIZON]
    values = [float(rate(torch.tensor(step))) for step in chosen]
    assert_allclose(values, curve[chosen], rtol=2e-5, atol=2e-6 * _size(curve))


@pytest.mark.filterwarnings("ignore")
def test_the_code_for_keras_trains_and_is_saved_with_the_model(tmp_path: Path) -> None:
    keras: Any = pytest.importorskip("keras")
    schedule = 0.1 * (warmup(2) >> linear(1, 0))
    pasted = _pasted(keras_code(schedule, 8), __name__="pasted")
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(pasted["Rate"]()), lambda _, predicted: keras.ops.mean(predicted))
    model.set_weights([np.zeros((1, 1))])
    for _ in range(8):
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(-sum(bind(schedule, 8).curve(8)), rel=1e-6)
    assert keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(pasted["Rate"]()), custom_objects={"Rate": pasted["Rate"]}
    )(3) == pytest.approx(bind(schedule, 8).at(3), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_the_code_for_the_trainer_trains(tmp_path: Path) -> None:
    transformers: Any = pytest.importorskip("transformers")
    schedule = 0.1 * (warmup(2) >> linear(1, 0))

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))

        def forward(self, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"loss": self.weight * inputs.mean()}

    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
    pasted = _pasted(transformers_code(schedule, 8), optimizer=optimizer)
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path), max_steps=8, per_device_train_batch_size=1, use_cpu=True, report_to=[],
        disable_tqdm=True, logging_strategy="no", save_strategy="no", max_grad_norm=0.0,
    )  # fmt: skip
    data = [{"inputs": torch.ones(1)}] * 8
    optimizers = (optimizer, pasted["scheduler"])
    transformers.Trainer(model, arguments, train_dataset=data, optimizers=optimizers).train()
    assert float(model.weight) == pytest.approx(-sum(bind(schedule, 8).curve(8)), rel=1e-6)


@pytest.mark.parametrize(("write", "imported"), [(optax_code, {"jax.numpy"}), (keras_code, {"keras", "ops"})])
def test_the_code_needs_nothing_but_the_framework(write: Any, imported: set[str]) -> None:
    code = write(0.1 * cosine().repeat(3), 100)
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {name.name for node in nodes for name in node.names} == imported
    assert "ratecraft" not in code


@pytest.mark.parametrize("write", [optax_code, keras_code])
def test_a_function_of_the_user_s_own_is_refused(write: Any) -> None:
    with pytest.raises(InvalidInput, match="mine"):
        write(function("mine", lambda step: step), 10)
