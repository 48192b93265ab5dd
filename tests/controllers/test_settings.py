"""Mirrors ratecraft/controllers/settings.py."""

import dataclasses

import pytest

from ratecraft.controllers.settings import TunerSettings
from ratecraft.errors import InvalidInput


@pytest.mark.parametrize("budget", [0.99, -1.0, float("nan")])
def test_a_budget_below_one_run_is_refused(budget: float) -> None:
    with pytest.raises(InvalidInput, match="does not hold the final run itself") as caught:
        TunerSettings(budget=budget)
    assert "at least 1" in caught.value.hint()


@pytest.mark.parametrize("steps", [0, -5])
def test_a_run_of_no_steps_is_refused(steps: int) -> None:
    with pytest.raises(InvalidInput, match=f"more than 0 steps, but {steps} were given"):
        TunerSettings(steps=steps)


@pytest.mark.parametrize("rate", [0.0, -0.1, float("inf"), float("nan")])
def test_a_rate_that_is_no_number_above_zero_is_refused(rate: float) -> None:
    with pytest.raises(InvalidInput, match="number above 0"):
        TunerSettings(own_rate=rate)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TunerSettings().budget = 3.0  # type: ignore[misc]


def test_a_long_run_has_a_first_rung_of_the_least_length() -> None:
    settings = TunerSettings()
    assert settings.long_horizon * settings.first_rung == settings.least_trunk
