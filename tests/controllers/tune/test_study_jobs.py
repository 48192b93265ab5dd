"""Mirrors ratecraft/controllers/tune/study_jobs.py."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.controllers.worlds import Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_jobs import branch_job, final_job, held_job, trunk_job
from ratecraft.controllers.tune.study_plan import StudyPlan, plan_of
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.schedules.builders.constructors import cosine, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.sets import set_of

LOSS = Metric("val_loss", "min")
START = Start(2000, "run", 0.01, LOSS, Cadence("epoch-end"), single_pass=False, facts=Formula().facts())
horizons = st.integers(320, 20_000)


def planned(start: Start = START, **settings: object) -> StudyPlan:
    return plan_of(start, replace(TunerSettings(), **settings))


@given(horizon=horizons, octave=st.integers(-8, 8))
def test_a_branch_is_its_trunk_up_to_where_it_leaves_it(horizon: int, octave: int) -> None:
    plan = planned(replace(START, horizon=horizon))
    for rung in plan.rungs:
        trunk = trunk_job(plan, octave, rung, None)
        branch = branch_job(plan, octave, rung, trunk)
        before = branch.schedules["rate"].curve(rung.trunk).tolist()
        assert before == trunk.schedules["rate"].curve(rung.trunk).tolist()
        assert (branch.parent, branch.start, branch.stop) == (trunk.key, trunk.stop, rung.stop)


def test_a_probe_warms_up_stays_constant_and_cools_down_to_nothing() -> None:
    plan = planned()
    rung = plan.rungs[0]
    rate = branch_job(plan, 2, rung, trunk_job(plan, 2, rung, None)).schedules["rate"]
    assert rate.at(0) == pytest.approx(0.04 / 15)
    assert {rate.at(step) for step in range(14, rung.trunk + 1)} == {0.04}
    assert rate.at(rung.stop - 1) == pytest.approx(0.04 / (rung.stop - rung.trunk))
    assert rate.at(rung.stop) == 0.0


def test_a_longer_trunk_begins_anew_under_the_warm_up_of_the_full_run() -> None:
    plan = planned()
    trunk, final = trunk_job(plan, 0, plan.rungs[1], None), final_job(plan, 0)
    assert (trunk.parent, trunk.start, trunk.stop) == (None, 0, 250)
    assert trunk.schedules["rate"].curve(250).tolist() == final.schedules["rate"].curve(250).tolist()
    assert plan.warm_up == 100


def test_trunks_are_not_scored() -> None:
    assert trunk_job(planned(), 0, planned().rungs[0], None).evaluate is None


@given(horizon=horizons, octave=st.floats(-4, 4), near=st.integers(-4, 4))
def test_the_final_run_is_its_trunk_then_the_chosen_rate_then_linear_to_nothing(
    horizon: int, octave: float, near: int
) -> None:
    plan = planned(replace(START, horizon=horizon))
    trunk = trunk_job(plan, near, plan.rungs[-1], None)
    job = final_job(plan, octave, trunk, near)
    rate, left = job.schedules["rate"], trunk.stop or 0
    assert rate.curve(left).tolist() == trunk.schedules["rate"].curve(left).tolist()
    flat = horizon - round(0.6 * horizon)
    assert {rate.at(left), rate.at(flat - 1), rate.at(flat)} == {plan.rate(octave)}
    assert rate.at(horizon - 1) == pytest.approx(plan.rate(octave) / (horizon - flat))
    assert rate.at(horizon) == 0.0


def test_a_final_run_from_the_beginning_has_one_rate() -> None:
    job = final_job(planned(), 1.5, None, 0)
    assert (job.start, job.parent) == (0, None)
    assert max(job.schedules["rate"].curve(2000)) == planned().rate(1.5)


def test_a_final_run_in_a_shape_of_the_users_is_that_shape_from_the_beginning() -> None:
    plan = planned(schedule=set_of(0.1 * (warmup(0.05) >> cosine())))
    job = final_job(plan, 1.5)
    assert repr(job.schedules["rate"]) == f"{plan.rate(1.5)} * (warmup(100) >> cosine(1, 0, 1900))"
    assert (job.start, job.stop, job.parent, job.in_place) == (0, 2000, None, True)
    assert "shape-given" in [decision.code for decision in plan.decisions]


def test_a_shape_of_several_hyperparameters_is_in_the_final_run_and_in_no_other() -> None:
    plan = planned(schedule=0.1 * onecycle())
    job, rung = final_job(plan, 1.5), plan.rungs[0]
    assert job.schedules["rate"].curve(2000).max() == pytest.approx(plan.rate(1.5), rel=1e-14)
    momentum = job.schedules["momentum"].curve(2000)
    assert (momentum.min(), momentum.max()) == (0.85, 0.95)
    assert [list(each.schedules) for each in (trunk_job(plan, 1, rung, None), held_job(plan, 1.5))] == [
        ["rate"],
        ["rate"],
    ]
    assert [each.values for each in plan.decisions if each.code == "shape-beside"] == [{"names": "momentum"}]


def test_a_held_rate_goes_on_as_a_trunk_does() -> None:
    plan = planned()
    job, trunk = held_job(plan, 2), trunk_job(plan, 2, plan.rungs[1], None)
    assert job.schedules == trunk.schedules
    assert (job.stop, job.in_place, job.evaluate) == (2000, False, Evaluate("natural", "val_loss"))


@pytest.mark.parametrize("branching", ["fork", "replay"])
def test_probes_are_the_same_whatever_the_shape_of_the_full_run(branching: str) -> None:
    usual, other = planned(branching=branching), planned(branching=branching, schedule=set_of(cosine()))
    for rung in usual.rungs:
        trunk = trunk_job(usual, 1, rung, None)
        assert trunk == trunk_job(other, 1, rung, None)
        assert branch_job(usual, 1, rung, trunk) == branch_job(other, 1, rung, trunk)


def test_the_final_run_is_the_scripts_own_and_halves_its_rate_when_it_blows_up() -> None:
    job = final_job(planned(), 0, None, 0)
    assert job.in_place
    assert (job.stop_rule.blown_up, job.stop_rule.copy_every) == ("halve", 125)
    assert job.evaluate == Evaluate("natural", "val_loss")
