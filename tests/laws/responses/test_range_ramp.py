"""Mirrors ratecraft/laws/responses/range_ramp.py."""

import math
import statistics
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.responses.range_ramp import Edge, batch_noise, edge_of, ramp_emptiness, smoothed

LOSSES = st.lists(st.floats(0.01, 100) | st.just(math.nan), min_size=1, max_size=60)


def rates_of(steps: int, low: float = 1e-6, high: float = 30.0) -> list[float]:
    return np.geomspace(low, high, steps).tolist()


def curve(
    rates: list[float],
    *,
    fall: float = 1.0,
    rise: float = 0.3,
    noise: float = 0.0,
    seed: int = 0,
    falls_at: float = 1e-3,
) -> list[float]:
    """A loss that falls by a sigmoid about `falls_at` and explodes beyond `rise`."""
    draw = np.random.default_rng(seed)
    return [
        2.0 - fall / (1 + falls_at / rate) + max(0.0, rate / rise - 1) ** 2 + noise * draw.standard_normal()
        for rate in rates
    ]


def naive_edge(rates: list[float], losses: list[float], planned: int) -> float | None:
    """The rule as it was first written, step by step."""
    mean, low, over = None, math.inf, 0
    for step, loss in enumerate(losses):
        if not math.isfinite(loss):
            return rates[max(step - 1, 0)]
        mean = loss if mean is None else 0.6 * mean + 0.4 * loss
        low = min(low, mean)
        if step < 8:
            continue
        seen = losses[: step + 1][: max(9, planned // 3)]
        level = abs(statistics.median(seen[:9]))
        noise = 1.4826 * statistics.median(abs(b - a) for a, b in pairwise(seen)) / 2**0.5
        over = over + 1 if mean > low + max(0.1 * level, 4 * noise) else 0
        if over == 2:
            return rates[step - 1]
    return None


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=60))
def test_the_edge_is_where_the_slow_reference_has_it(losses: list[float]) -> None:
    rates = rates_of(60)
    edge = edge_of(rates, losses)
    assert (edge.rate if edge else None) == naive_edge(rates, losses, 60)


@given(LOSSES, st.booleans())
def test_the_edge_lies_within_its_interval(losses: list[float], blown_up: bool) -> None:
    edge = edge_of(rates_of(60), losses, blown_up=blown_up)
    if edge is not None:
        assert edge.low <= edge.rate <= edge.high


@given(LOSSES, st.floats(0.01, 100))
def test_the_unit_of_the_loss_does_not_move_the_edge(losses: list[float], unit: float) -> None:
    power = 2.0 ** round(math.log2(unit))
    assert edge_of(rates_of(60), [power * loss for loss in losses]) == edge_of(rates_of(60), losses)


@pytest.mark.parametrize("steps", [48, 100, 300])
@pytest.mark.parametrize("noise", [0.0, 0.05, 0.3])
def test_the_interval_holds_the_true_edge_whatever_the_length_of_the_ramp(steps: int, noise: float) -> None:
    rates = rates_of(steps)
    for seed in range(10):
        edge = edge_of(rates, curve(rates, noise=noise, seed=seed))
        assert edge is not None
        assert edge.low <= 0.6  # the loss rises by a tenth from 0.43 on
        assert edge.high >= 0.3
        assert edge.rate < 10


@pytest.mark.parametrize("noise", [0.1, 1.0, 5.0])
def test_batch_noise_alone_seldom_rings_an_alarm(noise: float) -> None:
    rates = rates_of(48)
    alarms = sum(
        edge_of(rates, curve(rates, fall=0.0, rise=math.inf, noise=noise, seed=seed)) is not None for seed in range(100)
    )
    assert alarms <= 6


def test_a_loss_that_is_no_number_is_the_edge() -> None:
    rates = rates_of(40)
    edge = edge_of(rates, [*[1.0] * 30, math.nan])
    assert edge == Edge(rates[29], rates[28], rates[30])


def test_a_step_without_a_loss_is_no_edge() -> None:
    losses = [*[1.0] * 20, math.nan, *[1.0] * 19]
    assert edge_of(rates_of(40), losses) is None
    assert np.isfinite(smoothed(losses)).all()


def test_a_run_that_blew_up_silently_has_its_edge_at_its_end() -> None:
    rates = rates_of(40)
    edge = edge_of(rates, [1.0] * 20, blown_up=True)
    assert edge is not None
    assert (edge.rate, edge.high) == (rates[18], rates[19])


def test_the_noise_of_a_steady_trend_is_its_slope_at_most() -> None:
    assert batch_noise([1.0]) == 0.0
    assert batch_noise(np.linspace(0, 1, 101).tolist()) < 0.0105


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (curve(rates_of(100)), None),
        (curve(rates_of(100), noise=0.1), None),
        (curve(rates_of(100), fall=0.0), "flat"),
        (curve(rates_of(100), fall=0.0, rise=math.inf), "not-training"),
        (curve(rates_of(100), fall=0.2, noise=0.4), "noisy"),
        (curve(rates_of(100))[:10], "few-points"),
        ([math.nan] * 100, "few-points"),
    ],
)
def test_why_a_curve_tells_nothing_is_told(values: list[float], why: str | None) -> None:
    rates = rates_of(100)
    assert ramp_emptiness(rates, values, edge_of(rates, values)) == why
