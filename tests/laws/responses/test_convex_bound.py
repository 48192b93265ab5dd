"""Mirrors ratecraft/laws/responses/convex_bound.py."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ratecraft.errors import InvalidInput
from ratecraft.laws.responses.convex_bound import convex_bound, peak_shift
from ratecraft.schedules.builders.constructors import constant, linear

shapes = st.lists(st.just(0.0) | st.floats(1e-3, 1.0), min_size=1, max_size=40).filter(any)


def slow_bound(shape: Sequence[float], rate: float) -> float:
    """The bound as the paper has it: sums within sums over the rates themselves, D = G = 1."""
    rates = [rate * each for each in shape if each]
    total = (1 + sum(each**2 for each in rates)) / (2 * sum(rates))
    for k in range(len(rates) - 1):
        after, from_here = sum(rates[k + 1 :]), sum(rates[k:])
        total += 0.5 * rates[k] / after * sum(each**2 for each in rates[k:]) / from_here
    return total


def decayed(share: float, steps: int = 1000) -> NDArray[np.float64]:
    """Constant, then linear to 0 over the last share of the run."""
    decay = round(share * steps)
    return (constant(1.0, steps - decay) >> linear(1.0, 0.0, decay)).curve(steps)


@pytest.mark.parametrize(
    ("share", "factor"), [(0.1, "0.89"), (0.4, "1.18"), (0.6, "1.38"), (0.8, "1.62"), (1.0, "1.95")]
)
def test_the_published_peaks_of_linear_decays_are_reproduced(share: float, factor: str) -> None:
    assert f"{2 ** peak_shift(decayed(share), decayed(0.2)):.2f}" == factor


@given(shape=shapes, rate=st.floats(1e-3, 10.0))
def test_the_bound_is_the_one_of_the_paper(shape: list[float], rate: float) -> None:
    assert convex_bound(np.array(shape)).at(rate) == pytest.approx(slow_bound(shape, rate), rel=1e-9)


@given(shape=shapes, factor=st.sampled_from([0.5, 0.9, 1.1, 2.0]))
def test_no_other_rate_has_a_smaller_bound(shape: list[float], factor: float) -> None:
    best = convex_bound(np.array(shape)).best_rate
    assert slow_bound(shape, best) < slow_bound(shape, best * factor)


@given(shape=shapes, rate=st.floats(1e-3, 3.0), begin=st.sampled_from([-1.0, 1.0]))
def test_no_descent_on_an_absolute_value_ends_above_the_bound(shape: list[float], rate: float, begin: float) -> None:
    place = begin  # f(x) = |x|: D = G = 1
    for multiplier in shape[:-1]:
        place -= rate * multiplier * (1.0 if place > 0 else -1.0)
    assume(shape[-1] > 0)  # the bound is on the last iterate from which a step was still taken
    assert abs(place) <= convex_bound(np.array(shape)).at(rate) * (1 + 1e-9)


@given(shape=shapes, unit=st.sampled_from([1e-300, 1e-5, 3.0, 1e100]))
def test_the_unit_of_a_shape_does_not_shift_its_peak(shape: list[float], unit: float) -> None:
    assert peak_shift(unit * np.array(shape), np.array(shape)) == pytest.approx(0.0, abs=1e-9)


@given(shape=shapes, at=st.integers(0, 40))
def test_a_step_at_rate_0_counts_for_nothing(shape: list[float], at: int) -> None:
    with_pause = [*shape[:at], 0.0, *shape[at:]]
    assert convex_bound(np.array(with_pause)) == convex_bound(np.array(shape))


@given(one=shapes, other=shapes, third=shapes)
def test_shifts_add_up(one: list[float], other: list[float], third: list[float]) -> None:
    first, second, last = np.array(one), np.array(other), np.array(third)
    through = peak_shift(first, second) + peak_shift(second, last)
    assert peak_shift(first, last) == pytest.approx(through, abs=1e-9)


def test_a_tail_that_fades_away_leaves_a_finite_bound() -> None:
    faded = 0.5 ** np.arange(3000)
    assert math.isfinite(convex_bound(faded).best_rate)
    assert convex_bound(faded).best_rate == pytest.approx(convex_bound(faded[:50]).best_rate, rel=1e-6)


@pytest.mark.parametrize("bad", [[], [0.0, 0.0], [1.0, -0.1], [1.0, math.nan], [math.inf]])
def test_what_is_no_shape_is_refused(bad: list[float]) -> None:
    with pytest.raises(InvalidInput, match="finite, 0 or more, and at least one above 0"):
        convex_bound(np.array(bad))
