"""Mirrors ratecraft/diagnosis/finding.py: what is exact, no later step can take back."""

import numpy as np
import pytest
from tests.diagnosis.runs import constant, falling, run, told

from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun, observed_series

FIRST_LOOK = 128
STEPS = 1000
FALLING_SCALE = 65536.0 * 0.5 ** np.clip((np.arange(STEPS) - 60) // 10, 0, 5)

EXACT = {
    "weights-large": run(falling(STEPS), facts={"weight_scale": 9.0}),
    "weights-small": run(falling(STEPS), facts={"weight_scale": 0.01}),
    "parameters-left-out": run(falling(STEPS), facts={"parameters": 1000.0, "parameters_left_out": 10.0}),
    "inputs-unscaled": run(
        falling(STEPS, start=9.0), facts={"input_mean": 120.0, "input_deviation": 60.0, "classes": 10.0}
    ),
    "weight-decay-strong": run(
        falling(STEPS), shape=constant, peak=1e-3, facts={"optimizer": "adam", "weight_decay": 1.0}
    ),
    "rate-far-above": run(falling(STEPS), shape=constant, peak=3.0, facts={"optimizer": "adamw"}),
    "scaler-skips": run(falling(STEPS), loss_scale=FALLING_SCALE),
}


def until(observed: ObservedRun, step: int) -> ObservedRun:
    """What was seen of a run before a step."""
    series = {
        name: observed_series(name, each.steps[each.steps < step].tolist(), each.values[each.steps < step].tolist())
        for name, each in observed.series.items()
    }
    return ObservedRun(series, observed.unit, observed.facts, observed.source)


def found(observed: ObservedRun) -> dict[str, Finding]:
    said = told(observed)
    return {each.code: each for each in (*said.findings, *(one.finding for one in said.explained))}


@pytest.mark.parametrize("code", EXACT)
def test_an_exact_finding_is_there_at_the_first_look_and_at_every_later_one(code: str) -> None:
    for step in range(FIRST_LOOK, STEPS, 53):
        finding = found(until(EXACT[code], step))[code]
        assert finding.exact
        assert finding.severity == "warning"


def test_what_is_noisy_or_may_yet_change_is_not_exact() -> None:
    norms = np.exp(0.1 * np.random.default_rng(0).normal(size=STEPS))
    norms[:10] *= 20
    felt = run(falling(STEPS), grad_norm=norms, facts={"input_mean": 0.0, "input_deviation": 100.0})
    dead = run(falling(STEPS), zero_gradient=np.repeat([0.1, 0.95], STEPS // 2))
    broken = run(np.where(np.arange(STEPS) == 90, np.nan, falling(STEPS)))  # it may end in them yet
    passing = (broken, "non-finite-passing")
    for observed, code in ((felt, "inputs-unscaled"), (dead, "units-died"), passing):
        assert not found(observed)[code].exact
