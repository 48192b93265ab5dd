"""Mirrors ratecraft/diagnosis/model/recurrent.py."""

import numpy as np
from tests.diagnosis.runs import codes, constant, run, told

FACTS = {"recurrent": 1.0, "optimizer": "rmsprop"}


def exploding() -> dict[str, object]:
    norms = np.exp(0.1 * np.random.default_rng(0).normal(size=1000))
    norms[[300, 400, 500, 600, 700]] *= 100
    return {"grad_norm": norms}


def losses(*, thrown: bool) -> np.ndarray:
    made = np.linspace(4.0, 3.0, 1000) + 0.05 * np.random.default_rng(1).normal(size=1000)
    made[[302, 402, 502, 602, 702]] += 1.0 if thrown else 0.0
    return made


def test_norms_that_leap_in_an_unclipped_recurrent_net_ask_for_a_clip() -> None:
    found = told(run(losses(thrown=True), shape=constant, facts=FACTS, **exploding())).findings[0]
    assert found.code == "recurrent-explodes"
    assert [advice.code for advice in found.advice] == ["clip", "set-rate"]


def test_a_net_that_is_clipped_or_not_recurrent_or_copes_is_left_alone() -> None:
    for facts in ({**FACTS, "clip": 1.0}, {"optimizer": "rmsprop"}):
        assert "recurrent-explodes" not in codes(run(losses(thrown=True), shape=constant, facts=facts, **exploding()))
    assert "recurrent-explodes" not in codes(run(losses(thrown=False), shape=constant, facts=FACTS, **exploding()))


def test_one_leap_of_a_thousand_times_their_level_is_enough_where_it_throws_the_loss() -> None:
    norms = np.exp(0.1 * np.random.default_rng(0).normal(size=1000))
    norms[3] = 5000.0
    calm = np.linspace(4.0, 3.0, 1000) + 0.05 * np.random.default_rng(1).normal(size=1000)
    thrown = calm.copy()
    thrown[4] += 20.0
    found = told(run(thrown, shape=constant, facts=FACTS, grad_norm=norms)).findings[0]
    assert (found.code, found.evidence["step"], found.evidence["count"]) == ("recurrent-explodes", 3, 1)
    assert "recurrent-explodes" not in codes(run(calm, shape=constant, facts=FACTS, grad_norm=norms))
    assert "recurrent-explodes" not in codes(run(thrown, shape=constant, facts={**FACTS, "clip": 1.0}, grad_norm=norms))
