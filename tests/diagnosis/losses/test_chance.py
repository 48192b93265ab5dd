"""Mirrors ratecraft/diagnosis/losses/chance.py."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.diagnosis.runs import falling, series

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.records.watching.observed import ObservedRun

STEPS = 2000
CHECKS = np.linspace(0, STEPS - 1, 30)
ANY_CLASSES = st.integers(2, 1000)
SEEDS = st.integers(0, 99)


def diagnosed(
    loss: NDArray[np.float64], checks: NDArray[np.float64], shares: object = None, rate: float | None = None
) -> Diagnosis:
    found = {"loss": series("loss", loss), "val_loss": series("val_loss", checks, CHECKS)}
    if shares is not None:
        found["val_accuracy"] = series("val_accuracy", shares, CHECKS)
    if rate is not None:
        found["rate"] = series("rate", np.full(STEPS, rate))
    return diagnosis_of(ObservedRun(found, "step"))


def at_chance(classes: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Losses and accuracies of a model that guesses among so many classes, check by check."""
    draws = np.random.default_rng(seed).normal(size=(2, 30))
    return math.log(classes) * (1 + 0.003 * np.abs(draws[0])), (1 + 0.01 * draws[1]) / classes


@given(ANY_CLASSES, SEEDS)
def test_validation_at_chance_is_told_of_any_number_of_classes(classes: int, seed: int) -> None:
    guess = math.log(classes)
    loss = falling(STEPS, start=guess, floor=0.05 * guess, seed=seed)
    found = diagnosed(loss, *at_chance(classes, seed)).findings[0]
    assert found.code == "validation-at-chance"
    assert found.evidence["classes"] == pytest.approx(classes, rel=0.02)


@given(ANY_CLASSES, SEEDS)
def test_run_whose_validation_leaves_chance_is_left_alone(classes: int, seed: int) -> None:
    guess = math.log(classes)
    loss = falling(STEPS, start=guess, floor=0.3 * guess, seed=seed)
    checks = falling(30, start=guess, floor=0.4 * guess, noise=0.01, seed=seed)
    shares = np.linspace(1 / classes, 0.7, 30)
    assert diagnosed(loss, checks, shares).severity in (None, "info")


@given(ANY_CLASSES, SEEDS)
def test_run_that_stays_at_chance_is_lost_whatever_the_number_of_classes(classes: int, seed: int) -> None:
    checks, shares = at_chance(classes, seed)
    noise = 0.01 * np.random.default_rng(seed).normal(size=STEPS)
    assert diagnosed(math.log(classes) * (1 + noise), checks, shares).severity == "error"


def test_model_that_does_not_change_while_batches_differ_stands_still() -> None:
    noise = 3 * np.random.default_rng(0).normal(size=STEPS)
    loss, checks = np.concatenate([[181.0], 92 + noise[1:]]), np.concatenate([[181.4], np.full(29, 91.65)])
    found = diagnosed(loss, checks, rate=0.04).findings[0]
    assert (found.code, found.advice[0].values["rate"]) == ("standstill", 0.004)
    moving = checks + 0.05 * np.random.default_rng(1).normal(size=30)
    assert "standstill" not in {each.code for each in diagnosed(loss, moving, rate=0.04).findings}


def test_batches_that_do_not_differ_are_those_of_a_problem_that_is_solved() -> None:
    loss, checks = np.concatenate([[181.0], np.full(STEPS - 1, 92.0)]), np.concatenate([[181.4], np.full(29, 91.65)])
    assert "standstill" not in {each.code for each in diagnosed(loss, checks, rate=0.04).findings}


def test_loss_that_is_thrown_about_above_its_start_diverged_however_noisy_it_is() -> None:
    draws = np.abs(np.random.default_rng(0).normal(size=STEPS))
    loss = np.concatenate([[2.3], 4 + 60 * draws[1:]])
    checks = np.concatenate([[2.3], 4 + 60 * draws[:29]])
    assert diagnosed(loss, checks, np.full(30, 0.1)).findings[0].code == "diverged"


def test_fine_tuning_that_ends_a_little_above_its_start_did_not_diverge() -> None:
    draws = np.random.default_rng(0).normal(size=STEPS)
    assert diagnosed(0.3 + 0.05 * draws, 0.3 + 0.002 * np.minimum(np.arange(30), 3)).severity is None
