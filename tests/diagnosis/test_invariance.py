"""What is said of a run must not hang on what its loss is counted in, where its steps begin, how often it was logged.

A number of classes is a size that a loss is held against (ln C), so it is left out here.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.runs import SHAPES, Values, codes, constant, falling, run, series, warned

from ratecraft.records.watching.observed import ObservedRun, ObservedSeries

RNG = np.random.default_rng
STEPS = 2000
LOSSES = ("loss", "val_loss")
OF_A_GRADIENT = ("grad_norm",)


# ---- what a run is made like


def healthy(seed: int) -> ObservedRun:
    checks = falling(25, floor=0.4, fast=0.05, noise=0.01, seed=seed + 1)
    return run(falling(STEPS, seed=seed), shape=SHAPES["cosine"], checks=checks)


def collapsed(seed: int) -> ObservedRun:
    after = 2.3 + 0.02 * RNG(seed).normal(size=STEPS - 800)
    return run(np.concatenate([falling(800, seed=seed), after]), shape=constant)


def thrown_out(seed: int) -> ObservedRun:
    after = 2.3 + 0.02 * RNG(seed).normal(size=STEPS - 61)
    return run(np.concatenate([[2.3], np.linspace(3, 12, 60), after]), shape=constant)


def diverged(seed: int) -> ObservedRun:
    return run(np.concatenate([falling(1000, seed=seed), np.geomspace(0.4, 60, 1000)]), shape=constant)


def spiky(seed: int) -> ObservedRun:
    losses, norms = falling(STEPS, noise=0.03, seed=seed), np.exp(0.1 * RNG(seed).normal(size=STEPS))
    for place in range(300, STEPS - 100, 150):
        losses[place : place + 4] += 1.5
        norms[place] *= 60
    return run(losses, shape=SHAPES["linear"], grad_norm=norms)


def shifted(seed: int) -> ObservedRun:
    losses = falling(STEPS, noise=0.03, seed=seed)
    losses[1000:1010] += 2
    losses[1010:] += 0.6
    return run(losses, shape=SHAPES["linear"])


def humped(seed: int) -> ObservedRun:
    losses = falling(STEPS, seed=seed)
    losses[5:80] += 4
    return run(losses, shape=constant)


def slow(seed: int) -> ObservedRun:
    return run(np.linspace(2.3, 1.2, STEPS) + 0.03 * RNG(seed).normal(size=STEPS), shape=constant)


def still_falling(seed: int) -> ObservedRun:
    return run(falling(STEPS, seed=seed), shape=constant, checks=np.geomspace(3.0, 0.2, 30))


def flat(seed: int) -> ObservedRun:
    losses = 1.7 + 0.01 * RNG(seed).normal(size=STEPS)
    return run(losses, shape=constant, update_ratio=np.full(STEPS, 1e-6))


def overfitted(seed: int) -> ObservedRun:
    checks = np.concatenate([np.linspace(2, 0.6, 9), np.linspace(0.6, 1.3, 21)]) + 0.005 * RNG(seed).normal(size=30)
    return run(falling(STEPS, floor=0.01, seed=seed), checks=checks)


def ragged(seed: int) -> ObservedRun:
    checks = np.abs(0.6 + 0.4 * RNG(seed).normal(size=40))
    checks[:3] = [2.2, 1.7, 1.2]
    return run(falling(STEPS, seed=seed), shape=constant, checks=checks)


def zigzagging(seed: int) -> ObservedRun:
    turns = 0.5 + 0.1 * (-1.0) ** np.arange(STEPS) + np.where(np.arange(STEPS) < 200, 1.5, 0)
    return run(turns + 0.001 * RNG(seed).normal(size=STEPS))


def gone(seed: int) -> ObservedRun:
    return run(falling(STEPS, seed=seed), shape=lambda place: SHAPES["cosine"](np.minimum(place * 3, 1)))


def blown(seed: int) -> ObservedRun:
    losses = falling(STEPS, seed=seed)
    losses[1170:1200] += np.geomspace(0.1, 1e3, 30)
    losses[1200:] = math.nan
    return run(losses, shape=constant)


def lost(seed: int) -> ObservedRun:
    losses = falling(STEPS, seed=seed)
    losses[1200:] = math.nan
    return run(losses, shape=constant)


def undone(seed: int) -> ObservedRun:
    losses = 0.5 * falling(STEPS, seed=seed)
    made = run(losses, shape=SHAPES["linear"], facts={"pretrained": 1.0})
    checks = series("val_loss", [0.5, 1.4, 1.0, 0.8, 0.6], [0, 200, 600, 1200, STEPS - 1])
    return replace(made, series={**made.series, "val_loss": checks})


def decayed_away(seed: int) -> ObservedRun:
    losses = 2.3 + 0.02 * RNG(seed).normal(size=STEPS)
    return run(losses, shape=constant, peak=0.1, facts={"weight_decay": 1.0, "optimizer": "adamw"})


MADE: Mapping[str, tuple[Callable[[int], ObservedRun], str | None]] = {
    "healthy": (healthy, None),
    "collapsed": (collapsed, "collapsed"),
    "thrown out": (thrown_out, "collapsed-at-once"),
    "diverged": (diverged, "diverged"),
    "spiky": (spiky, "clip-missing"),
    "shifted": (shifted, "level-shift"),
    "humped": (humped, "warm-up-missing"),
    "slow": (slow, "too-small"),
    "still falling": (still_falling, "still-learning"),
    "flat": (flat, "stuck"),
    "overfitted": (overfitted, "overfit"),
    "ragged": (ragged, "too-large-noise"),
    "zigzagging": (zigzagging, "zigzag"),
    "gone": (gone, "decayed-too-soon"),
    "blown": (blown, "non-finite-after-growth"),
    "lost": (lost, "non-finite"),
    "undone": (undone, "body-at-head-rate"),
    "decayed away": (decayed_away, "weight-decay-strong"),
}
"""Name to how a run is made, and what is to be said first."""

IN_STEPS = {"spiky", "shifted", "blown"}
"""What is told by how many steps a spike or a growth lasts."""

EVERY = st.sampled_from(sorted(MADE))
SEEDS = st.integers(0, 20)


# ---- how else it may be written down


def changed(observed: ObservedRun, names: tuple[str, ...], change: Callable[[Values], Values]) -> ObservedRun:
    """The values of some series, changed."""
    made = {
        name: ObservedSeries(name, one.steps, change(one.values)) if name in names else one
        for name, one in observed.series.items()
    }
    return replace(observed, series=made)


def renumbered(observed: ObservedRun, change: Callable[[np.ndarray], np.ndarray]) -> ObservedRun:
    """The steps of all series, changed."""
    made = {name: ObservedSeries(name, change(one.steps), one.values) for name, one in observed.series.items()}
    return replace(observed, series=made)


def scaled(observed: ObservedRun, factor: float) -> ObservedRun:
    """Losses and the gradient of another unit: summed, averaged over something else, in bits."""
    return changed(observed, (*LOSSES, *OF_A_GRADIENT), lambda values: factor * values)


def thinned(observed: ObservedRun, every: int) -> ObservedRun:
    """The mean of so many steps a line; rates and the rest as they stood at the last of them."""
    made = dict(observed.series)
    for name, one in observed.series.items():
        if len(one) == STEPS:
            rows = one.values.reshape(-1, every)
            kept = rows.mean(1) if name == "loss" else rows[:, -1]
            made[name] = ObservedSeries(name, one.steps[every - 1 :: every], kept)
    return replace(observed, series=made)


# ---- the laws


@pytest.mark.parametrize("name", MADE)
def test_each_made_run_is_named_as_it_is(name: str) -> None:
    make, code = MADE[name]
    assert warned(make(0))[:1] == ([] if code is None else [code])


@given(name=EVERY, seed=SEEDS, added=st.floats(-1000, 1000))
def test_a_constant_added_to_the_losses_changes_nothing(name: str, seed: int, added: float) -> None:
    observed = MADE[name][0](seed)
    assert codes(changed(observed, LOSSES, lambda values: values + added)) == codes(observed)


@given(name=EVERY, seed=SEEDS, exponent=st.floats(-4, 4))
def test_a_factor_of_the_losses_changes_nothing(name: str, seed: int, exponent: float) -> None:
    observed = MADE[name][0](seed)
    assert codes(scaled(observed, 10.0**exponent)) == codes(observed)


@given(name=EVERY, seed=SEEDS)
def test_steps_that_begin_at_1_change_nothing(name: str, seed: int) -> None:
    observed = MADE[name][0](seed)
    assert codes(renumbered(observed, lambda steps: steps + 1)) == codes(observed)


@given(name=st.sampled_from(sorted(set(MADE) - IN_STEPS)), seed=SEEDS, times=st.integers(2, 50))
def test_a_longer_run_of_the_same_shape_is_told_the_same(name: str, seed: int, times: int) -> None:
    observed = MADE[name][0](seed)
    assert codes(renumbered(observed, lambda steps: times * steps)) == codes(observed)


@given(name=EVERY, seed=SEEDS, begin=st.integers(2, 10**6))
def test_a_log_that_begins_after_a_resume_brings_no_warning(name: str, seed: int, begin: int) -> None:
    observed = MADE[name][0](seed)
    assert set(warned(renumbered(observed, lambda steps: steps + begin))) <= set(warned(observed))


@given(name=EVERY, seed=SEEDS, exponent=st.floats(-4, 4))
def test_the_size_of_a_rate_changes_nothing_where_neither_optimizer_nor_decay_is_known(
    name: str, seed: int, exponent: float
) -> None:
    observed = replace(MADE[name][0](seed), facts={})
    assert codes(changed(observed, ("rate",), lambda values: 10.0**exponent * values)) == codes(observed)


@given(name=EVERY, seed=SEEDS, share=st.floats(0.0, 0.2), draw=st.integers(0, 100))
def test_points_that_are_missing_bring_no_warning(name: str, seed: int, share: float, draw: int) -> None:
    observed = MADE[name][0](seed)
    kept = RNG(draw).random(STEPS) >= share
    kept[0] = True
    loss = observed.series["loss"]
    part = ObservedSeries("loss", loss.steps[kept], loss.values[kept])
    assert bool(warned(replace(observed, series={**observed.series, "loss": part}))) <= bool(warned(observed))


@given(name=EVERY, seed=SEEDS, every=st.sampled_from([2, 4, 5, 10, 20]))
def test_means_of_some_steps_are_warned_of_only_if_the_steps_are(name: str, seed: int, every: int) -> None:
    observed = MADE[name][0](seed)
    assert bool(warned(thinned(observed, every))) <= bool(warned(observed))
