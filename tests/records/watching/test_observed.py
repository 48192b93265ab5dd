"""Mirrors ratecraft/records/watching/observed.py."""

from typing import Any, cast

import numpy as np
import pytest

from ratecraft.errors import InvalidInput
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries, observed_series


def test_series_cannot_be_written_to_and_keeps_what_is_not_finite() -> None:
    series = observed_series("loss", [0, 1, 2], [1.0, float("nan"), float("inf")])
    assert np.isnan(series.values[1])
    assert np.isinf(series.values[2])
    for array in (series.steps, series.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_array_that_its_giver_goes_on_to_change_is_copied() -> None:
    steps, values = np.arange(3), np.ones(3)
    series = ObservedSeries("loss", steps, values)
    values[0] = 9.0
    assert series.values.tolist() == [1.0, 1.0, 1.0]


def test_arrays_become_int64_and_float64() -> None:
    series = ObservedSeries("loss", cast("Any", np.arange(3, dtype=np.int32)), cast("Any", np.ones(3, np.float32)))
    assert (series.steps.dtype, series.values.dtype) == (np.int64, np.float64)


@pytest.mark.parametrize(
    ("steps", "values"), [([0, 1], [1.0]), ([1, 0], [1.0, 1.0]), ([[0, 1]], [[1.0, 1.0]])], ids=str
)
def test_shapes_that_do_not_fit_and_steps_that_fall_are_refused(steps: list[Any], values: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="`loss` must be flat, equally long and in order of steps"):
        observed_series("loss", steps, values)


def test_steps_may_repeat() -> None:
    assert len(observed_series("loss", [0, 0, 1], [1.0, 2.0, 3.0])) == 3


def test_run_does_not_change_with_the_dictionary_that_it_was_made_of() -> None:
    series = {"loss": observed_series("loss", [0], [1.0])}
    run = ObservedRun(series, facts={})
    series.clear()
    assert list(run.series) == ["loss"]
    with pytest.raises(TypeError):
        cast("Any", run.facts)["optimizer"] = "adam"
