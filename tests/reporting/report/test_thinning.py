"""Mirrors ratecraft/reporting/report/thinning.py."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.report.thinning import MOST, smoothed, thinned, window_of

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf]), max_size=300)


@given(VALUES, st.integers(2, 40))
def test_a_thinned_series_keeps_its_lowest_and_its_highest_value(values: list[float], most: int) -> None:
    steps, (thin,) = thinned([values], most)
    finite = [value for value in values if math.isfinite(value)]
    kept = [value for value in thin if value is not None]
    assert len(steps) == len(thin) <= max(most, 2)
    assert (min(kept, default=None), max(kept, default=None)) == (min(finite, default=None), max(finite, default=None))


@given(VALUES, st.integers(2, 40))
def test_every_column_holds_a_value_of_its_own_steps(values: list[float], most: int) -> None:
    steps, (thin,) = thinned([values], most)
    assert list(steps) == sorted(steps)
    columns = list(zip(steps[::2], steps[1::2], thin[::2], thin[1::2], strict=False)) if len(values) > most else []
    for first, last, *ends in columns:
        finite = [value for value in values[first : last + 1] if math.isfinite(value)]
        assert {value for value in ends if value is not None} == {min(finite), max(finite)} if finite else {None}


def test_a_spike_of_one_step_among_a_million_is_seen() -> None:
    values = [1.0] * 1_000_000
    values[777_777] = 9.0
    steps, (thin,) = thinned([values])
    assert len(steps) == MOST
    assert thin.count(9.0) == 1


def test_a_shorter_series_ends_in_none() -> None:
    assert thinned([[1.0, 2.0, 3.0], [4.0]]) == ((0, 1, 2), ((1.0, 2.0, 3.0), (4.0, None, None)))


@given(VALUES, st.integers(1, 12))
def test_a_smoothed_value_is_the_mean_of_its_window(values: list[float], window: int) -> None:
    for step, mean in enumerate(smoothed(values, window)):
        around = values[max(step - (window - 1) // 2, 0) : step + window // 2 + 1]
        finite = [value for value in around if math.isfinite(value)]
        if finite:
            assert math.isclose(mean, sum(finite) / len(finite), rel_tol=1e-6, abs_tol=1e-4)
        else:
            assert math.isnan(mean)


def test_short_series_are_drawn_as_they_are() -> None:
    assert (window_of(119), window_of(4000)) == (1, 100)
