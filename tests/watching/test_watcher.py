"""Mirrors ratecraft/watching/watcher.py: a run is looked at now and then, with the rules that are given."""

import numpy as np
import pytest
from tests.diagnosis.runs import SHAPES, Values, falling

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.watching.watcher import Watcher


def followed(
    losses: Values, rates: Values | None = None, *, over: bool = True
) -> tuple[Watcher, list[tuple[int, str]]]:
    """The run in pieces of 64 steps; what was told, after how many of them."""
    told: list[tuple[int, str]] = []

    def tell(finding: Finding) -> None:
        told.append((watcher.steps, finding.code))

    watcher = Watcher(diagnosis_of, tell)
    for first in range(0, len(losses), 64):
        steps = range(first, min(first + 64, len(losses)))
        series = {"loss": observed_series("loss", steps, losses[first : first + 64].tolist())}
        if rates is not None:
            series["rate"] = observed_series("rate", steps, rates[first : first + 64].tolist())
        watcher.take(ObservedRun(series, "step", {}, "live"))
    watcher.end(over=over)
    return watcher, told


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_no_moment_of_a_healthy_run_is_warned_of(shape: str, seed: int) -> None:
    rates = SHAPES[shape](np.arange(3000) / 3000) * 0.01
    assert followed(falling(3000, seed=seed), rates)[1] == []


@pytest.mark.parametrize("warm_up", [100, 600])
def test_a_flat_beginning_under_a_long_warm_up_is_left_alone(warm_up: int) -> None:
    rates = np.minimum(1.0, (np.arange(3000) + 1) / warm_up) * 0.01
    losses = np.concatenate([falling(3000)[:1].repeat(warm_up // 2), falling(3000 - warm_up // 2)])
    losses *= 1 + 0.02 * np.random.default_rng(0).normal(size=3000)
    assert followed(losses, rates)[1] == []


def test_a_loss_that_becomes_no_number_is_told_within_two_pieces() -> None:
    losses = falling(2000)
    losses[1000:] = np.nan
    told = followed(losses)[1]
    assert [code for _, code in told] == ["non-finite"]
    assert told[0][0] <= 1000 + 3 * 64


def test_one_loss_that_is_no_number_is_no_lost_run() -> None:
    losses = falling(2000)
    losses[1000] = np.nan
    assert [code for _, code in followed(losses)[1]] == ["non-finite-passing"]


def test_a_collapse_is_told_while_the_run_still_goes_on() -> None:
    losses = np.concatenate([falling(1000), 2.3 * (1 + 0.01 * np.random.default_rng(1).normal(size=3000))])
    told = followed(losses)[1]
    assert [code for _, code in told] == ["collapsed"]
    assert told[0][0] <= 3000


def test_a_run_that_was_broken_off_is_not_judged_by_its_end() -> None:
    rates = np.full(3000, 0.01)
    losses = np.linspace(3, 1, 3000) * (1 + 0.01 * np.random.default_rng(2).normal(size=3000))
    assert followed(losses, rates, over=False)[1] == []
    assert [code for _, code in followed(losses, rates)[1]] == ["too-small"]


def test_the_end_is_looked_at_once() -> None:
    watcher, told = followed(np.full(300, np.nan))
    watcher.end()
    assert len(told) == len(watcher.told) == 1
