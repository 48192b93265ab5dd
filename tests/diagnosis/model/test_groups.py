"""Mirrors ratecraft/diagnosis/model/groups.py: when fine-tuning is said to have thrown away what was learned."""

import numpy as np
import pytest
from tests.diagnosis.runs import run, series

from ratecraft.diagnosis.model.groups import body_at_head_rate
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.records.watching.observed import ObservedRun


def said(checks: list[float]) -> list[str]:
    """What is said of a fine-tuning whose validation loss went so, from before its first step."""
    losses = 0.5 + 0.01 * np.random.default_rng(0).normal(size=1000)
    plain = run(losses, facts={"pretrained": 1.0})
    steps = np.linspace(0, 1000, len(checks))
    observed = ObservedRun(
        {**plain.series, "val_loss": series("val_loss", np.array(checks), steps)}, "step", plain.facts
    )
    return [each.code for each in body_at_head_rate(RunView(observed))]


@pytest.mark.parametrize(
    ("early", "codes"),
    [([0.6, 0.62, 0.61, 0.62], ["body-at-head-rate"]), ([0.5, 0.5, 0.5, 0.62], [])],
)
def test_early_checks_are_worse_as_a_whole_and_not_one_of_them(early: list[float], codes: list[str]) -> None:
    assert said([0.5, *early, *[0.5] * 16]) == codes
