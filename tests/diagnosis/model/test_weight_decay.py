"""Mirrors ratecraft/diagnosis/model/weight_decay.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, constant, falling, run, told

STANDING = 2.3 + 0.01 * np.random.default_rng(0).normal(size=1000)


def test_a_decay_that_takes_the_weights_many_times_over_is_told_of_a_run_that_stands() -> None:
    facts = {"optimizer": "sgd", "weight_decay": 1.0, "momentum": 0.9}
    found = told(run(STANDING, shape=constant, peak=0.1, facts=facts)).findings[0]
    assert (found.code, found.severity) == ("weight-decay-strong", "error")
    assert float(found.advice[0].values["decay"]) == pytest.approx(0.001)


def test_a_run_that_learns_with_it_is_left_alone() -> None:
    facts = {"optimizer": "sgd", "weight_decay": 1.0, "momentum": 0.9}
    assert codes(run(falling(1000), shape=constant, peak=0.1, facts=facts)) == []


@pytest.mark.parametrize(("optimizer", "said"), [("adam", True), ("rmsprop", True), ("adamw", False)])
def test_within_the_gradient_a_decay_counts_by_itself(optimizer: str, said: bool) -> None:
    facts = {"optimizer": optimizer, "weight_decay": 1.0}
    assert ("weight-decay-strong" in codes(run(falling(1000), shape=constant, peak=1e-3, facts=facts))) is said


@pytest.mark.parametrize("decay", [0.0, 1e-4, 0.01, 0.1])
def test_usual_decays_are_left_alone(decay: float) -> None:
    for optimizer in ("adam", "adamw"):
        facts = {"optimizer": optimizer, "weight_decay": decay}
        assert codes(run(falling(1000), shape=constant, peak=1e-3, facts=facts)) == []
