"""Mirrors ratecraft/diagnosis/losses/non_finite.py."""

import math

import numpy as np
import pytest
from tests.diagnosis.runs import series

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.watching.observed import ObservedRun


@pytest.mark.parametrize(
    ("rate", "optimizer", "code", "advised"),
    [
        (10.0, "", "non-finite-at-once", 1.0),
        (0.5, "", "non-finite", None),
        (0.5, "adam", "non-finite-at-once", 1e-3),
        (0.01, "adam", "non-finite", None),
    ],
)
def test_first_epoch_that_is_nan_names_the_rate_only_beyond_all_that_is_usual(
    rate: float, optimizer: str, code: str, advised: float | None
) -> None:
    losses = series("loss", [2.3] + [math.nan] * 9)
    run = ObservedRun({"loss": losses, "rate": series("rate", np.full(10, rate))}, "epoch", {"optimizer": optimizer})
    found = diagnosis_of(run).findings[0]
    assert found.code == code
    assert found.advice[0].values.get("rate") == advised


def test_loss_that_turns_nan_later_does_not_name_the_rate() -> None:
    losses = series("loss", [2.3 - step / 100 for step in range(60)] + [math.nan] * 40)
    run = ObservedRun({"loss": losses, "rate": series("rate", np.full(100, 10.0))}, "step")
    assert diagnosis_of(run).findings[0].code == "non-finite"
