"""Mirrors ratecraft/diagnosis/rates/schedule_faults.py."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, falling, run, series

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.watching.observed import ObservedRun


@pytest.mark.parametrize(("steps", "is_told"), [(100, True), (20_000, False)])
def test_warm_up_is_unfinished_only_where_the_rate_was_logged_to_the_end(steps: int, *, is_told: bool) -> None:
    losses = falling(steps)[:: steps // 100]
    observed = ObservedRun(
        {
            "rate": series("rate", np.linspace(0, 1e-3, 100)),
            "loss": series("loss", losses, np.arange(0, steps, steps // 100)),
        },
        "step",
    )
    found = {each.code for each in diagnosis_of(observed).findings}
    assert ("warm-up-unfinished" in found) is is_told


def cut(places: np.ndarray) -> np.ndarray:
    """A cosine of which a third is missing."""
    return 0.5 + 0.5 * np.cos(np.pi * 2 / 3 * places)


def test_a_schedule_that_still_falls_at_the_end_was_cut_and_one_that_stands_was_not() -> None:
    def held(places: np.ndarray) -> np.ndarray:
        return np.maximum(cut(places), cut(np.array(0.8)))

    whole = {"total_steps": 1000.0}
    found = [codes(run(falling(1000), shape=shape, facts=whole)) for shape in (cut, held)]
    assert ["schedule-cut" in each for each in found] == [True, False]
