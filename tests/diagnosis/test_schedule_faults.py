"""Mirrors ratecraft/diagnosis/schedule_faults.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import falling, series

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.observed import ObservedRun


@pytest.mark.parametrize(("steps", "is_told"), [(100, True), (20_000, False)])
def test_warm_up_is_unfinished_only_where_the_rate_was_logged_to_the_end(steps: int, *, is_told: bool) -> None:
    losses = falling(steps)[:: steps // 100]
    run = ObservedRun(
        {
            "rate": series("rate", np.linspace(0, 1e-3, 100)),
            "loss": series("loss", losses, np.arange(0, steps, steps // 100)),
        },
        "step",
    )
    codes = {each.code for each in diagnosis_of(run).findings}
    assert ("warm-up-unfinished" in codes) is is_told
