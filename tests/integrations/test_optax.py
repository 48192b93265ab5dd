"""Mirrors ratecraft/integrations/optax.py: a small real training with optax, broken off and resumed."""

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.peers import Peer

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.generated_code.code import optax_code
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.nodes import Schedule

jax, jnp, optax, ours = Peer("jax"), Peer("jax.numpy"), Peer("optax"), Peer("ratecraft.integrations.optax")

STEPS, STOP = 24, 10
RATE = bind(0.05 * (warmup(6) >> cosine()), STEPS)
MOMENTUM = linear(0.85, 0.95, STEPS)


@pytest.mark.parametrize(
    "schedule", [RATE, bind(0.3 * wsd(0.1, 0.4), STEPS), exponential(0.9), constant(0.1)], ids=repr
)
@pytest.mark.parametrize("way", ["plain", "jit", "vmap"])
def test_the_function_has_the_values_of_the_schedule(schedule: Schedule, way: str) -> None:
    rate = ours.optax_schedule(schedule, STEPS)
    counts = jnp.arange(STEPS + 10)
    got = np.asarray((rate if way == "plain" else getattr(jax, way)(rate))(counts))
    assert got.dtype == np.float32
    wanted = schedule.curve(STEPS + 1)
    assert got[: STEPS + 1].tolist() == wanted.astype(np.float32).tolist()
    assert set(got[STEPS:].tolist()) == {float(np.float32(schedule.at(STEPS)))}


def test_it_works_in_a_scan() -> None:
    rate = ours.optax_schedule(RATE, STEPS)
    _, seen = jax.lax.scan(lambda count, _: (count + 1, rate(count)), jnp.int32(0), length=STEPS)
    assert np.asarray(seen).tolist() == RATE.curve(STEPS).astype(np.float32).tolist()


def _training(optimizer: Any) -> tuple[Callable[[Any, Any, int], tuple[Any, Any]], Any]:
    inputs = jax.random.normal(jax.random.key(7), (STEPS, 16, 4))

    def loss(weights: Any, batch: Any) -> Any:
        return jnp.mean((batch @ weights["inner"] @ weights["outer"] - jnp.sin(batch.sum(1, keepdims=True))) ** 2)

    @jax.jit
    def step(weights: Any, state: Any, batch: Any) -> tuple[Any, Any]:
        updates, state = optimizer.update(jax.grad(loss)(weights, batch), state, weights)
        return optax.apply_updates(weights, updates), state

    keys = jax.random.split(jax.random.key(0))
    weights = {"inner": jax.random.normal(keys[0], (4, 8)), "outer": jax.random.normal(keys[1], (8, 1))}
    return lambda weights, state, index: step(weights, state, inputs[index]), weights


def test_a_training_that_is_resumed_ends_with_the_same_weights(tmp_path: Path) -> None:
    optimizer = ours.scheduled(optax.adamw, {"rate": RATE, "momentum": MOMENTUM}, STEPS, weight_decay=0.01)
    step, weights = _training(optimizer)
    state, used = optimizer.init(weights), list[Any]()
    for index in range(STEPS):
        if index == STOP:
            leaves = jax.tree.leaves((weights, state))
            np.savez(tmp_path / "state.npz", *[np.asarray(leaf) for leaf in leaves])
        weights, state = step(weights, state, index)
        used.append((float(state.hyperparams["learning_rate"]), float(state.hyperparams["b1"])))
    wanted = zip(RATE.curve(STEPS), MOMENTUM.curve(STEPS), strict=True)
    assert used == [(float(np.float32(rate)), float(np.float32(momentum))) for rate, momentum in wanted]

    step, fresh = _training(optimizer)
    shape = jax.tree.structure((fresh, optimizer.init(fresh)))
    with np.load(tmp_path / "state.npz") as saved:
        resumed, state = jax.tree.unflatten(shape, [jnp.asarray(saved[name]) for name in saved.files])
    for index in range(STOP, STEPS):
        resumed, state = step(resumed, state, index)
    assert jax.tree.all(jax.tree.map(lambda one, other: bool((one == other).all()), resumed, weights))


def test_names_are_those_of_the_factory() -> None:
    optimizer = ours.scheduled(optax.sgd, {"rate": RATE, "momentum": MOMENTUM}, STEPS)
    hyperparameters = optimizer.init({"weight": jnp.ones(2)}).hyperparams
    assert float(hyperparameters["learning_rate"]) == pytest.approx(RATE.at(0))
    assert float(hyperparameters["momentum"]) == pytest.approx(0.85)


def test_an_argument_that_the_factory_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"no argument `momentun`; it has: learning_rate, .*b1"):
        ours.scheduled(optax.adamw, {"momentun": MOMENTUM}, STEPS)


def test_a_schedule_without_a_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        ours.optax_schedule(cosine(), STEPS)


def test_the_pasted_code_of_a_set_leads_every_hyperparameter_of_it() -> None:
    planned = (0.05 * onecycle()).bind(STEPS)
    pasted: dict[str, Any] = {}
    code = optax_code(planned, STEPS)
    exec(code, pasted)  # noqa: S102
    assert "optax.inject_hyperparams(optax.adamw)(learning_rate=rate, b1=momentum)" in code
    optimizer = optax.inject_hyperparams(optax.adamw)(learning_rate=pasted["rate"], b1=pasted["momentum"])
    step, weights = _training(optimizer)
    state = optimizer.init(weights)
    for index in range(STEPS):
        weights, state = step(weights, state, index)
        at = planned.at(index)
        seen = {name: float(state.hyperparams[name]) for name in ("learning_rate", "b1")}
        assert seen == pytest.approx({"learning_rate": at["rate"], "b1": at["momentum"]}, rel=1e-5, abs=1e-7)


def test_its_examples_run() -> None:
    assert doctest.testmod(ours.loaded).failed == 0
