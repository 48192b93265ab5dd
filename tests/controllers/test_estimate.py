"""Mirrors ratecraft/controllers/estimate.py."""

import pytest
from tests.controllers.worlds import Formula, follow, planned_runs

from ratecraft.controllers.estimate import estimate
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import cosine, warmup
from ratecraft.schedules.sets import set_of

SETTINGS = {
    "default": TunerSettings(),
    "fork": TunerSettings(branching="fork"),
    "small": TunerSettings(budget=1.65),
    "two runs": TunerSettings(budget=2.6),
    "room": TunerSettings(budget=2.0),
    "constant": TunerSettings(compare_constant=True),
    "shape": TunerSettings(schedule=set_of(warmup(0.05) >> cosine())),
    "forked shape": TunerSettings(branching="fork", schedule=set_of(cosine())),
    "two runs of a shape": TunerSettings(branching="fork", budget=3, schedule=set_of(cosine()), compare_constant=True),
    "no baseline": TunerSettings(baseline=False, steps=1, own_rate=0.01),
}


def test_eight_probes_and_a_run_are_one_point_seven_runs() -> None:
    found = estimate(TunerSettings())
    assert (found.probes, found.final_runs) == (8, 1)
    assert found.runs == pytest.approx(1.664, abs=0.001)
    assert found.total_runs == found.runs + 1


@pytest.mark.parametrize("horizon", [320, 500, 767, 768, 1000, 2048, 20_000])
@pytest.mark.parametrize("name", ["default", "small", "room", "two runs", "constant", "shape"])
def test_a_study_that_needs_no_extension_costs_what_was_estimated(name: str, horizon: int) -> None:
    settings = SETTINGS[name]
    found = follow(Formula(horizon=horizon, slope=-0.1, bottom=-0.3), settings)
    planned = estimate(settings, horizon)
    assert len(found.answer.probes) == planned.probes
    assert len(found.of("final")) == planned.final_runs
    assert planned_runs(found, settings, horizon) == pytest.approx(planned.runs)


@pytest.mark.parametrize("horizon", [320, 767, 768, 2048, 20_000])
@pytest.mark.parametrize("name", ["fork", "forked shape", "two runs of a shape"])
def test_a_forked_study_costs_what_was_estimated_or_less_where_more_trunks_go_on(name: str, horizon: int) -> None:
    settings = SETTINGS[name]
    found = follow(Formula(horizon=horizon, slope=-0.1, bottom=-0.3), settings)
    planned = estimate(settings, horizon)
    assert len(found.of("final")) == planned.final_runs
    assert planned.runs - 2 / 32 <= planned_runs(found, settings, horizon) <= planned.runs


def test_forked_branches_cost_less() -> None:
    assert estimate(SETTINGS["fork"]).runs < 1.55 < estimate(TunerSettings()).runs


def test_a_shape_of_the_users_costs_a_forked_study_an_eighth_of_a_run_and_a_replayed_one_nothing() -> None:
    assert estimate(SETTINGS["forked shape"]).runs == pytest.approx(estimate(SETTINGS["fork"]).runs + 1 / 8)
    assert estimate(SETTINGS["shape"]) == estimate(SETTINGS["default"])


def test_a_rate_held_constant_costs_one_run_beside_the_budget() -> None:
    with_it, without = estimate(SETTINGS["constant"]), estimate(SETTINGS["default"])
    assert (with_it.runs, with_it.total_runs, with_it.budget) == (
        without.runs + 1,
        without.total_runs + 1,
        without.budget + 1,
    )
    assert (with_it.probes, with_it.final_runs) == (without.probes, 2)


def test_cheap_mode_costs_a_run_and_a_fifth() -> None:
    found = estimate(TunerSettings(mode="cheap"))
    assert found.probes == 5
    assert found.runs == pytest.approx(1.2, abs=0.01)


def test_without_a_baseline_nothing_is_added() -> None:
    found = estimate(SETTINGS["no baseline"])
    assert found.total_runs == found.runs


def test_a_run_that_is_too_short_has_no_estimate() -> None:
    with pytest.raises(InvalidInput, match="A run of 100 steps is too short"):
        estimate(TunerSettings(), 100)
