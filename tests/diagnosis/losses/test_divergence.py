"""Mirrors ratecraft/diagnosis/losses/divergence.py: how far a loss may end above its start."""

import numpy as np
import pytest
from tests.diagnosis.runs import codes, run

from ratecraft.laws.robust import noise_sd

STEPS = 2000
DRAWS = 0.05 * np.random.default_rng(0).normal(size=STEPS)


def ends_above(noises: float) -> list[str]:
    """What is said of a loss that hardly moves, and whose last tenth lies so many noise sd above its first points."""
    losses = 1 + DRAWS
    losses[:3] = 1.0
    losses[-STEPS // 10 :] += noises * noise_sd(losses)
    return codes(run(losses))


@pytest.mark.parametrize(("noises", "is_lost"), [(5.5, False), (6.5, True), (20.0, True)])
def test_a_loss_diverged_where_it_ends_six_noise_sd_above_its_start(noises: float, is_lost: bool) -> None:
    assert ("diverged" in ends_above(noises)) is is_lost
