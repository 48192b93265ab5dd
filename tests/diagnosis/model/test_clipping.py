"""Mirrors ratecraft/diagnosis/model/clipping.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, constant, falling, run, told


def clipped(clip: float, optimizer: str = "sgd") -> list[str]:
    norms = np.exp(0.2 * np.random.default_rng(0).normal(size=1000))
    return codes(run(falling(1000), shape=constant, grad_norm=norms, facts={"clip": clip, "optimizer": optimizer}))


def test_a_clip_that_binds_at_every_step_of_sgd_is_the_rate() -> None:
    assert clipped(0.05) == ["clip-is-the-rate"]
    norms = np.exp(0.2 * np.random.default_rng(0).normal(size=1000))
    facts = {"clip": 0.05, "optimizer": "sgd"}
    found = told(run(falling(1000), shape=constant, grad_norm=norms, facts=facts)).findings[0]
    assert 1.2 < float(found.advice[0].values["norm"]) < 1.6
    assert found.evidence["factor"] == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize("clip", [0.5, 1.0, 5.0])
def test_a_clip_near_the_norms_is_left_alone(clip: float) -> None:
    assert clipped(clip) == []


def test_adam_divides_it_out_again() -> None:
    assert clipped(0.05, "adamw") == []
