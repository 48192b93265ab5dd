"""Mirrors ratecraft/watching/guard_losses.py: restarts, spikes and noise pass; what is lost is seen soon."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from tests.diagnosis.runs import SHAPES, falling

from ratecraft.records.watching.guarding import Update
from ratecraft.watching.guard_losses import Losses, held


def verdicts(losses: Iterable[float]) -> list[str]:
    state, found = Losses(), list[str]()
    for step, loss in enumerate(losses):
        state, verdict = held(state, Update(step, loss))
        found.append(verdict)
        if verdict == "lost":
            state = state.after_going_back()
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_no_healthy_run_is_lost(shape: str, seed: int) -> None:
    noise = 1 + 0.3 * np.random.default_rng(seed).normal(size=3000)
    assert "lost" not in verdicts(falling(3000, seed=seed) * np.abs(noise))


def test_restarts_that_raise_the_loss_pass() -> None:
    steps = np.arange(2000)
    losses = 2.3 * np.exp(-steps / 150) + 0.1 + 0.6 * np.exp(-(steps % 500) / 30) * (steps > 400)
    assert "lost" not in verdicts(losses * (1 + 0.1 * np.random.default_rng(0).normal(size=2000)))


def test_a_spike_passes_and_a_level_that_stays_does_not() -> None:
    well = (0.3 + 2 * np.exp(-np.arange(1000) / 100)) * (1 + 0.05 * np.random.default_rng(0).normal(size=1000))
    spike, lost = well.copy(), well.copy()
    spike[500:530] += 2
    lost[500:] += 2
    assert "lost" not in verdicts(spike)
    assert 500 < verdicts(lost).index("lost") < 600


def test_one_high_loss_is_its_batch_s_and_with_two_in_a_row_the_run_is_lost() -> None:
    assert "lost" not in verdicts([1.0] * 50 + [1e6] + [1.0] * 50)
    assert verdicts([1.0] * 50 + [1e6] * 8).index("lost") == 51


def test_a_burst_after_which_nothing_is_learned_is_lost_and_one_that_is_overcome_is_not() -> None:
    noise = 1 + 0.01 * np.random.default_rng(0).normal(size=400)
    burst = np.concatenate([[2.3], np.full(30, 9.0)])
    assert "lost" in verdicts(np.concatenate([burst, np.full(369, 2.31)]) * noise)
    assert "lost" not in verdicts(np.concatenate([burst, np.linspace(2.2, 1.0, 369)]) * noise)


def test_losses_that_are_no_numbers_are_lost_after_eight_but_only_once_where_the_data_are_none() -> None:
    found = verdicts([1.0] * 50 + [math.nan] * 100)
    assert [place for place, verdict in enumerate(found) if verdict == "lost"] == [57]
    assert "lost" not in verdicts(([1.0] * 50 + [math.nan] * 7) * 3)
