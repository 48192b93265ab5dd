"""Mirrors ratecraft/diagnosis/recurrent.py."""

import numpy as np
from tests.diagnosis.runs import codes, constant, run, told

FACTS = {"recurrent": 1.0, "optimizer": "rmsprop"}


def exploding() -> dict[str, object]:
    norms = np.exp(0.1 * np.random.default_rng(0).normal(size=1000))
    norms[[300, 400, 500, 600, 700]] *= 100
    return {"grad_norm": norms}


def losses(end: float) -> np.ndarray:
    return np.linspace(4.0, end, 1000) + 0.05 * np.random.default_rng(1).normal(size=1000)


def test_norms_that_leap_in_an_unclipped_recurrent_net_ask_for_a_clip() -> None:
    found = told(run(losses(3.0), shape=constant, facts=FACTS, **exploding())).findings[0]
    assert found.code == "recurrent-explodes"
    assert [advice.code for advice in found.advice] == ["clip", "set-rate"]


def test_a_net_that_is_clipped_or_not_recurrent_or_copes_is_left_alone() -> None:
    for facts in ({**FACTS, "clip": 1.0}, {"optimizer": "rmsprop"}):
        assert "recurrent-explodes" not in codes(run(losses(3.0), shape=constant, facts=facts, **exploding()))
    assert "recurrent-explodes" not in codes(run(losses(0.5), shape=constant, facts=FACTS, **exploding()))
