"""Mirrors ratecraft/api/studies/estimating.py."""

import pytest

from ratecraft.api.studies.estimating import study_estimate
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput


def test_before_anything_is_known_a_long_run_is_priced() -> None:
    planned = study_estimate(TunerSettings())
    assert (planned.probes, planned.horizon, planned.budget) == (8, None, 1.85)
    assert planned.total_runs == planned.runs + 1


def test_the_length_that_a_run_has_shown_comes_before_the_one_that_was_given() -> None:
    assert study_estimate(TunerSettings(steps=2000)).horizon == 2000
    assert study_estimate(TunerSettings(steps=2000), 400).horizon == 400


def test_a_short_run_needs_fewer_probes() -> None:
    assert study_estimate(TunerSettings(), 300).probes < study_estimate(TunerSettings(), 4000).probes


def test_without_a_baseline_the_total_holds_none() -> None:
    planned = study_estimate(TunerSettings(baseline=False, steps=2000))
    assert planned.total_runs == planned.runs


def test_a_run_that_is_too_short_has_no_price() -> None:
    with pytest.raises(InvalidInput, match="A run of 100 steps is too short"):
        study_estimate(TunerSettings(), 100)
