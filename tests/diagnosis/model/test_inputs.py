"""Mirrors ratecraft/diagnosis/model/inputs.py: unscaled inputs are told where the run feels them, and only there."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, falling, run


def norms(first: float) -> np.ndarray:
    made = np.exp(0.1 * np.random.default_rng(0).normal(size=1000))
    made[:10] *= first
    return made


@pytest.mark.parametrize("deviation", [10.0, 100.0, 0.001])
def test_inputs_far_from_scaled_whose_first_gradients_are_large_are_told(deviation: float) -> None:
    facts = {"input_mean": 0.0, "input_deviation": deviation}
    assert "inputs-unscaled" in codes(run(falling(1000), grad_norm=norms(20.0), facts=facts))


def test_a_run_that_does_not_feel_them_is_left_alone() -> None:
    facts = {"input_mean": 120.0, "input_deviation": 60.0}
    assert codes(run(falling(1000), grad_norm=norms(1.2), facts=facts)) == []


def test_scaled_inputs_are_no_cause_of_large_first_gradients() -> None:
    facts = {"input_mean": 0.1, "input_deviation": 1.0}
    assert codes(run(falling(1000), grad_norm=norms(20.0), facts=facts)) == []
