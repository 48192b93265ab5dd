"""Mirrors ratecraft/diagnosis/losses/overfit.py: what to do about it hangs on where the best check lay."""

import numpy as np
import pytest
from tests.diagnosis.runs import constant, falling, run, told


@pytest.mark.parametrize(
    ("best", "advice"),
    [
        (0, ["stop-at", "set-rate", "regularise"]),
        (8, ["stop-at", "regularise", "shorten"]),
        (20, ["stop-at", "reduce-on-plateau", "regularise"]),
    ],
)
def test_a_schedule_is_only_shortened_to_a_best_that_is_not_the_first_check(best: int, advice: list[str]) -> None:
    down, up = np.linspace(1.5, 0.6, best + 1), np.linspace(0.6, 1.6, 32 - best)
    checks = np.concatenate([down, up[1:]])
    observed = run(falling(3000, floor=0.01), shape=constant, checks=checks)
    steps = np.linspace(0, 2999, len(checks)).astype(int)
    series = dict(observed.series)
    series["val_loss"] = type(series["val_loss"])("val_loss", steps, checks)
    found = told(type(observed)(series, "step", {}, "made")).findings[0]
    assert found.code == "overfit"
    assert [each.code for each in found.advice] == advice
