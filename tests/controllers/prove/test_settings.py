"""Mirrors ratecraft/controllers/prove/settings.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment
from ratecraft.records.storage.codec import from_plain, to_plain


@given(st.integers(32, 200))
def test_a_cool_down_is_long_enough_and_leaves_most_of_a_branch(steps: int) -> None:
    cool = ProveSettings().cool_steps(steps, AS_IT_IS.cooled)
    assert 8 <= cool <= steps / 2
    assert ProveSettings().frozen_steps(steps) >= 16


def test_settings_come_back_from_a_record() -> None:
    settings = ProveSettings(experiments=(Experiment(0, 0.1, (AS_IT_IS, Arm("higher", 3.0)), 50),), steps=500)
    assert from_plain(ProveSettings, to_plain(settings)) == settings
    assert not settings.baseline
    assert ProveSettings().baseline


@pytest.mark.parametrize("budget", [0.0, -1.0, float("nan")])
def test_a_budget_is_above_nothing(budget: float) -> None:
    with pytest.raises(InvalidInput, match="budget"):
        ProveSettings(budget=budget)


def test_a_run_has_steps() -> None:
    with pytest.raises(InvalidInput, match="steps"):
        ProveSettings(steps=0)
