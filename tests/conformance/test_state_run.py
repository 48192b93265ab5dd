"""The conformance suite of `Run`, held on a training of JAX that is described by functions of its state."""

from typing import Any

import numpy as np
import pytest
from tests.conformance.branch_suite import BranchSuite
from tests.conformance.run_suite import Case
from tests.peers import Peer

from ratecraft.records.job import Evaluate
from ratecraft.training.tasks.state_run import StateRun
from ratecraft.training.tasks.state_task import StateTask

jax, jnp, optax = Peer("jax"), Peer("jax.numpy"), Peer("optax")


def make_task(steps: int = 80, rate: float = 0.02) -> StateTask:
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(512, 4)).astype(np.float32)
    targets = inputs @ np.float32([[1.0], [-2.0], [0.5], [3.0]]) + np.float32(0.1) * draw.normal(size=(512, 1))
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=0.02, momentum=0.5)

    def loss_of(weights: Any, batch: Any, key: Any) -> Any:
        kept = jax.random.bernoulli(key, 0.9, (8,))
        return jnp.mean(((batch[0] @ weights["inner"]) * kept / 0.9 @ weights["outer"] - batch[1]) ** 2)

    def init(seed: int) -> Any:
        first, second, third = jax.random.split(jax.random.key(seed), 3)
        weights = {"inner": jax.random.normal(first, (4, 8)) / 2, "outer": jax.random.normal(second, (8, 1)) / 3}
        return weights, optimizer.init(weights), third

    @jax.jit
    def update(state: Any, batch: Any, rate: float) -> Any:
        weights, held, key = state
        key, now = jax.random.split(key)
        loss, gradients = jax.value_and_grad(loss_of)(weights, batch, now)
        held.hyperparams["learning_rate"] = jnp.float32(rate)
        updates, held = optimizer.update(gradients, held, weights)
        return (optax.apply_updates(weights, updates), held, key), loss

    def evaluate(state: Any) -> float:
        weights = state[0]
        return float(jnp.mean((inputs[384:] @ weights["inner"] @ weights["outer"] - targets[384:]) ** 2))

    batches = [(inputs[at : at + 24], targets[at : at + 24]) for at in range(0, 384, 24)]
    return StateTask(init, update, batches, evaluate, rate=rate, steps=steps, evaluate_every=16, optimizer="SGD")


class TestStateRun(BranchSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> Case:
        task = make_task()
        return Case(
            make=lambda heard: StateRun(task, heard, {}, task.init(0)),
            horizon=80,
            rate=0.03,
            too_high=8.0,
            figure=Evaluate("figure", "val_loss"),
        )
