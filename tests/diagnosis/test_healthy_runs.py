"""No rule warns of a run that is well, however it looks and however it was logged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.runs import SHAPES, falling, run, series, warned

from ratecraft.records.watching.observed import ObservedRun


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("every", [1, 7, 10, 100, 1000])
@pytest.mark.parametrize("seed", range(2))
def test_every_schedule_at_every_cadence_is_left_alone(shape: str, every: int, seed: int) -> None:
    losses = falling(max(2000, 20 * every), seed=seed)
    checks = falling(20, noise=0.01, floor=0.5, fast=0.05, seed=seed + 100)
    assert warned(run(losses, shape=SHAPES[shape], checks=checks, every=every)) == []
    assert warned(run(losses, every=every)) == []


@given(
    floor=st.floats(0.01, 2.0),
    fast=st.floats(0.002, 0.05),
    noise=st.floats(0.0, 0.3),
    steps=st.integers(5, 5000),
    seed=st.integers(0, 1000),
)
def test_a_loss_that_falls_to_its_floor_is_left_alone(
    floor: float, fast: float, noise: float, steps: int, seed: int
) -> None:
    assert warned(run(falling(steps, floor=floor, fast=fast, noise=noise, seed=seed))) == []


@given(offset=st.floats(-100, 100), seed=st.integers(0, 100))
def test_a_loss_with_an_offset_or_below_0_is_left_alone(offset: float, seed: int) -> None:
    assert warned(run(falling(1000, offset=offset, seed=seed), shape=SHAPES["cosine"])) == []


def test_five_epochs_are_left_alone() -> None:
    epochs = range(5)
    seen = {
        "loss": series("loss", [1.9, 0.9, 0.6, 0.5, 0.45], epochs),
        "val_loss": series("val_loss", [1.2, 0.8, 0.66, 0.61, 0.62], epochs),
        "rate": series("rate", [1e-3] * 5, epochs),
    }
    assert warned(ObservedRun(seen, "epoch", {"epochs": 5}, "made")) == []


def test_fine_tuning_from_a_low_loss_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    losses = 0.21 + 0.04 * rng.normal(size=2000) - 0.01 * np.arange(2000) / 2000
    checks = 0.25 + 0.002 * rng.normal(size=20)
    assert warned(run(losses, shape=SHAPES["linear"], peak=2e-5, checks=checks)) == []


def test_noisy_labels_that_leave_a_high_floor_are_left_alone() -> None:
    losses = falling(3000, start=2.3, floor=1.6, fast=0.02, noise=0.12)
    checks = 1.6 + falling(30, start=0.5, floor=0.01, noise=0.05) + 0.01
    assert warned(run(losses, shape=SHAPES["cosine"], checks=checks)) == []


def test_losses_of_micro_batches_at_one_step_are_left_alone() -> None:
    losses = falling(8000, noise=0.3)
    steps = np.arange(8000) // 8
    assert warned(ObservedRun({"loss": series("loss", losses, steps)}, "step", {}, "made")) == []


def test_a_plateau_at_a_floor_after_a_decay_is_left_alone() -> None:
    losses = np.concatenate([falling(1000), 0.32 * (1 + 0.03 * np.random.default_rng(1).normal(size=1000))])
    checks = np.concatenate([falling(10, floor=0.4, noise=0.005), np.full(10, 0.44)])
    assert warned(run(losses, shape=SHAPES["linear"], checks=checks)) == []


def test_single_hard_batches_are_no_spikes() -> None:
    losses = falling(4000, noise=0.05)
    losses[np.random.default_rng(2).choice(np.arange(200, 4000), 40, replace=False)] *= 6
    assert warned(run(losses)) == []


def test_two_networks_against_each_other_are_judged_by_no_loss() -> None:
    rising = np.linspace(0.7, 5.0, 1000)
    seen = {"loss": series("loss", rising), "loss_g": series("loss_g", rising), "loss_d": series("loss_d", 1 / rising)}
    assert warned(ObservedRun(seen, "step", {}, "made")) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 0.9], [2.0] * 3])
def test_almost_nothing_is_judged_by_nothing(values: list[float]) -> None:
    assert warned(ObservedRun({"loss": series("loss", values)}, "unknown", {}, "made")) == []
