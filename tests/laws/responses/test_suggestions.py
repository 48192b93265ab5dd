"""Mirrors ratecraft/laws/responses/suggestions.py; fastai itself is the reference."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.laws.responses.test_range_ramp import curve, rates_of

from ratecraft.laws.responses.range_ramp import edge_of
from ratecraft.laws.responses.suggestions import minimum_tenth, steepest, suggestions, valley_middle

CURVES = st.lists(st.floats(0.0, 10.0), min_size=3, max_size=60)


def fastai_valley(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    """fastai 2.8.12, `fastai.callback.schedule.valley`, word for word."""
    n = len(losses)
    max_start, max_end = 0, 0
    lds = [1] * n
    for i in range(1, n):
        for j in range(i):
            if (losses[i] < losses[j]) and (lds[i] < lds[j] + 1):
                lds[i] = lds[j] + 1
            if lds[max_end] < lds[i]:
                max_end = i
                max_start = max_end - lds[max_end]
    sections = (max_end - max_start) / 3
    return float(rates[max_start + int(sections) + int(sections / 2)])


@given(CURVES)
def test_the_valley_is_that_of_fastai(values: list[float]) -> None:
    rates, losses = np.array(rates_of(len(values))), np.array(values)
    assert valley_middle(rates, losses) == fastai_valley(rates, losses)


@pytest.mark.filterwarnings("ignore")
def test_valley_and_minimum_are_those_of_the_installed_fastai() -> None:
    schedule = pytest.importorskip("fastai.callback.schedule")
    torch = pytest.importorskip("torch")
    rates, losses = np.array(rates_of(85)), np.array(curve(rates_of(85), noise=0.02))
    given_to_it = torch.from_numpy(rates), torch.from_numpy(losses), 100
    assert valley_middle(rates, losses) == pytest.approx(schedule.valley(*given_to_it)[0])
    assert minimum_tenth(rates, losses) == pytest.approx(schedule.minimum(*given_to_it)[0])


@pytest.mark.parametrize("steps", [60, 100, 300])
def test_the_steepest_stretch_is_found_whatever_the_number_of_points(steps: int) -> None:
    rates = rates_of(steps)
    found = steepest(np.array(rates), np.array(curve(rates, rise=math.inf, noise=0.02)))
    assert found is not None
    assert 1e-3 / 4 < found < 1e-3 * 4


@pytest.mark.parametrize("place", [0, 3, 40])
def test_a_single_spike_does_not_win(place: int) -> None:
    rates, losses = rates_of(100), curve(rates_of(100), rise=math.inf)
    calm = steepest(np.array(rates), np.array(losses))
    losses[place] += 50
    found = steepest(np.array(rates), np.array(losses))
    assert calm is not None
    assert found is not None
    assert calm / 2 < found < 2 * calm


def test_nothing_is_suggested_beyond_the_rise() -> None:
    rates = rates_of(100)
    for seed in range(20):
        losses = curve(rates, noise=0.05, seed=seed)
        edge = edge_of(rates, losses)
        assert edge is not None
        assert all(each is None or each <= edge.rate for each in suggestions(rates, losses, edge).values())


def test_what_has_no_points_suggests_nothing() -> None:
    assert set(suggestions(rates_of(40), [], None).values()) == {None}
    assert steepest(np.array(rates_of(40)), np.linspace(1, 2, 40)) is None
