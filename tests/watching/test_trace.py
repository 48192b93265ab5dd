"""Mirrors ratecraft/watching/trace.py: pieces become one run, in bounded memory."""

import numpy as np

from ratecraft.importers.points import MOST_POINTS
from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.watching.trace import Trace


def piece(name: str, first: int, values: list[float], **facts: float) -> ObservedRun:
    return ObservedRun({name: observed_series(name, range(first, first + len(values)), values)}, "step", facts, "live")


def test_pieces_are_joined_in_their_order() -> None:
    trace = Trace()
    trace.add(piece("loss", 0, [3.0, 2.0], clip=1.0))
    trace.add(piece("val_loss", 2, [2.5]))
    trace.add(piece("loss", 2, [1.0], clip=2.0))
    assert trace.run.series["loss"].values.tolist() == [3.0, 2.0, 1.0]
    assert trace.run.series["val_loss"].steps.tolist() == [2]
    assert dict(trace.run.facts) == {"clip": 2.0}
    assert trace.steps == 3


def test_a_long_run_is_thinned_and_keeps_its_first_nan_its_worst_spike_and_its_ends() -> None:
    values = np.random.default_rng(0).random(200_000) + 1
    values[70_001], values[90_003] = float("nan"), 50.0
    trace = Trace()
    for first in range(0, len(values), 64):
        trace.add(piece("loss", first, values[first : first + 64].tolist()))
    kept = trace.run.series["loss"]
    assert len(kept) <= MOST_POINTS
    assert kept.steps[0] == 0
    assert kept.steps[-1] == 199_999
    assert 70_001 in kept.steps.tolist()
    assert np.nanmax(kept.values) == 50.0


def test_a_name_made_anew_at_every_step_does_not_fill_the_memory() -> None:
    trace = Trace()
    for step in range(2000):
        trace.add(piece(f"figure_{step}", step, [1.0]))
    assert len(trace.run.series) == 256


def test_the_sum_of_the_losses_of_a_game_is_no_loss() -> None:
    trace = Trace()
    trace.add(piece("loss", 0, [3.0, 2.0]))
    assert "loss" in trace.run.series
    trace.add(piece("rate", 0, [0.1], losses_a_step=2.0))
    assert "loss" not in trace.run.series
