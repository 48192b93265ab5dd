"""Mirrors ratecraft/controllers/settings/tune.py."""

import dataclasses
import json

import pytest

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.codec import from_plain, to_plain
from ratecraft.schedules.builders.constructors import linear
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.sets import set_of


@pytest.mark.parametrize("budget", [0.99, -1.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_number_of_runs_is_refused(budget: float) -> None:
    with pytest.raises(InvalidInput, match=f"at least 1 for the final run itself; got {budget:.3g}") as caught:
        TunerSettings(budget=budget)
    assert "default of 1.85" in caught.value.hint()


@pytest.mark.parametrize("steps", [0, -5])
def test_a_run_of_no_steps_is_refused(steps: int) -> None:
    with pytest.raises(InvalidInput, match=f"more than 0 steps, but {steps} were given"):
        TunerSettings(steps=steps)


@pytest.mark.parametrize("rate", [0.0, -0.1, float("inf"), float("nan")])
def test_a_rate_that_is_no_number_above_zero_is_refused(rate: float) -> None:
    with pytest.raises(InvalidInput, match="number above 0"):
        TunerSettings(own_rate=rate)


def test_a_schedule_that_is_no_shape_is_refused_before_anything_runs() -> None:
    with pytest.raises(InvalidInput, match=r"`linear\(1, -1\)` falls below 0"):
        TunerSettings(schedule=set_of(linear(1, -1)))


def test_settings_come_back_from_the_record_as_they_were() -> None:
    chosen = TunerSettings(metric=Metric("val_acc", "max"), schedule=0.1 * onecycle(), compare_constant=True)
    assert from_plain(TunerSettings, json.loads(json.dumps(to_plain(chosen)))) == chosen


def test_what_is_compared_beside_the_search_comes_on_top_of_the_budget() -> None:
    alone, beside = TunerSettings(), TunerSettings(compare_constant=True)
    assert [settings.most_runs(2000) for settings in (alone, beside)] == [1.85, 2.85]
    assert [settings.most_runs(500) for settings in (alone, beside)] == [2.0, 3.0]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TunerSettings().budget = 3.0  # type: ignore[misc]


def test_a_long_run_has_a_first_rung_of_the_least_length() -> None:
    settings = TunerSettings()
    assert settings.long_horizon * settings.first_rung == settings.least_trunk
