"""Mirrors ratecraft/diagnosis/slow.py: what sizes of updates add; what losses alone tell is in `test_diagnosing`."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, constant, run, told

NOISE = 0.02 * np.random.default_rng(0).normal(size=1000)


@pytest.mark.parametrize(("update", "factor"), [(1e-4, 3), (1e-5, 10)])
def test_a_fresh_model_whose_weights_hardly_move_asks_for_a_larger_rate(update: float, factor: int) -> None:
    losses = 1.5 + 0.8 * np.exp(-np.arange(1000) / 150) + NOISE
    found = told(run(losses, shape=constant, update_ratio=np.full(100, update))).findings[0]
    assert (found.code, found.severity) == ("updates-small", "warning")
    assert found.advice[0].values["factor"] == factor


def test_fine_tuning_may_make_small_steps() -> None:
    noise = 0.2 * np.random.default_rng(0).normal(size=10_000)
    noise[:3] = 0.0
    losses = 2.0 + 0.12 * np.exp(-np.arange(10_000) / 3000) + noise  # all that is won is less than one batch's noise
    observed = run(losses, shape=constant, update_ratio=np.full(100, 1e-4))
    assert [finding.severity for finding in told(observed).findings] == ["info"]
    assert codes(run(losses, shape=constant, update_ratio=np.full(100, 1e-4), facts={"pretrained": 1.0})) == []


def test_usual_steps_are_left_alone() -> None:
    losses = 1.5 + 0.8 * np.exp(-np.arange(1000) / 150) + NOISE
    assert codes(run(losses, shape=constant, update_ratio=np.full(100, 2e-3))) == []
