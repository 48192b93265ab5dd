"""Mirrors ratecraft/controllers/tune/study_plan.py."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.controllers.worlds import Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_plan import StudyPlan, plan_of
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.schedules.constructors import cosine, exponential, warmup
from ratecraft.schedules.cyclic import onecycle
from ratecraft.schedules.sets import ScheduleSet, set_of

LOSS = Metric("val_loss", "min")
START = Start(2000, "run", 0.01, LOSS, Cadence("epoch-end"), single_pass=False, facts=Formula().facts())
horizons = st.integers(320, 20_000)


def planned(start: Start = START, **settings: object) -> StudyPlan:
    return plan_of(start, replace(TunerSettings(), **settings))


def codes(plan: StudyPlan) -> list[str]:
    return [decision.code for decision in plan.decisions]


def test_probed_rates_are_exact_multiples_of_the_scripts_own() -> None:
    assert [planned().rate(octave) for octave in (-2, 0, 3)] == [0.0025, 0.01, 0.08]
    assert [planned().rate(octave) for octave in (0.5, -1.3)] == [0.0141, 0.00406]


@given(horizon=horizons, octave=st.integers(-8, 8))
def test_a_branch_is_its_trunk_up_to_where_it_leaves_it(horizon: int, octave: int) -> None:
    plan = planned(replace(START, horizon=horizon))
    for rung in plan.rungs:
        trunk = plan.trunk(octave, rung, None)
        branch = plan.branch(octave, rung, trunk)
        before = branch.schedules["rate"].curve(rung.trunk).tolist()
        assert before == trunk.schedules["rate"].curve(rung.trunk).tolist()
        assert (branch.parent, branch.start, branch.stop) == (trunk.key, trunk.stop, rung.stop)


def test_a_probe_warms_up_stays_constant_and_cools_down_to_nothing() -> None:
    plan = planned()
    rung = plan.rungs[0]
    rate = plan.branch(2, rung, plan.trunk(2, rung, None)).schedules["rate"]
    assert rate.at(0) == pytest.approx(0.04 / 15)
    assert {rate.at(step) for step in range(14, rung.trunk + 1)} == {0.04}
    assert rate.at(rung.stop - 1) == pytest.approx(0.04 / (rung.stop - rung.trunk))
    assert rate.at(rung.stop) == 0.0


def test_a_longer_trunk_begins_anew_under_the_warm_up_of_the_full_run() -> None:
    plan = planned()
    trunk, final = plan.trunk(0, plan.rungs[1], None), plan.final(0)
    assert (trunk.parent, trunk.start, trunk.stop) == (None, 0, 250)
    assert trunk.schedules["rate"].curve(250).tolist() == final.schedules["rate"].curve(250).tolist()
    assert plan.warm_up == 100


def test_trunks_are_not_scored() -> None:
    assert planned().trunk(0, planned().rungs[0], None).evaluate is None


@given(horizon=horizons, octave=st.floats(-4, 4), near=st.integers(-4, 4))
def test_the_final_run_is_its_trunk_then_the_chosen_rate_then_linear_to_nothing(
    horizon: int, octave: float, near: int
) -> None:
    plan = planned(replace(START, horizon=horizon))
    trunk = plan.trunk(near, plan.rungs[-1], None)
    job = plan.final(octave, trunk, near)
    rate, left = job.schedules["rate"], trunk.stop or 0
    assert rate.curve(left).tolist() == trunk.schedules["rate"].curve(left).tolist()
    flat = horizon - round(0.6 * horizon)
    assert {rate.at(left), rate.at(flat - 1), rate.at(flat)} == {plan.rate(octave)}
    assert rate.at(horizon - 1) == pytest.approx(plan.rate(octave) / (horizon - flat))
    assert rate.at(horizon) == 0.0


def test_a_final_run_from_the_beginning_has_one_rate() -> None:
    job = planned().final(1.5, None, 0)
    assert (job.start, job.parent) == (0, None)
    assert max(job.schedules["rate"].curve(2000)) == planned().rate(1.5)


def test_a_final_run_in_a_shape_of_the_users_is_that_shape_from_the_beginning() -> None:
    plan = planned(schedule=set_of(0.1 * (warmup(0.05) >> cosine())))
    job = plan.final(1.5)
    assert repr(job.schedules["rate"]) == f"{plan.rate(1.5)} * (warmup(100) >> cosine(1, 0, 1900))"
    assert (job.start, job.stop, job.parent, job.in_place) == (0, 2000, None, True)
    assert "shape-given" in codes(plan)


def test_a_shape_of_several_hyperparameters_is_in_the_final_run_and_in_no_other() -> None:
    plan = planned(schedule=0.1 * onecycle())
    job, rung = plan.final(1.5), plan.rungs[0]
    assert job.schedules["rate"].curve(2000).max() == pytest.approx(plan.rate(1.5), rel=1e-14)
    momentum = job.schedules["momentum"].curve(2000)
    assert (momentum.min(), momentum.max()) == (0.85, 0.95)
    assert [list(each.schedules) for each in (plan.trunk(1, rung, None), plan.held(1.5))] == [["rate"], ["rate"]]
    assert [each.values for each in plan.decisions if each.code == "shape-beside"] == [{"names": "momentum"}]


def test_a_schedule_of_what_no_optimizer_has_is_refused_once_the_optimizers_are_known() -> None:
    facts = replace(START.facts, hyperparameters=("rate", "weight_decay"))
    with pytest.raises(InvalidInput, match=r"a schedule for `momentum`, .* they have: rate, weight_decay"):
        planned(replace(START, facts=facts), schedule=onecycle())
    decayed = ScheduleSet(rate=cosine(), weight_decay=cosine(0.1, 0.0))
    assert "weight_decay" in planned(replace(START, facts=facts), schedule=decayed).final(0.0).schedules


def test_a_shape_that_does_not_fit_the_run_is_refused_once_its_length_is_known() -> None:
    with pytest.raises(InvalidInput, match="ends 500 steps too late: the run has 2000 steps"):
        planned(schedule=set_of(warmup(2500) >> cosine()))


def test_a_shape_that_is_negative_at_this_length_only_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match="falls below 0: in a run of 2000 steps"):
        planned(schedule=set_of(exponential(0.5, 500) + -0.1))


def test_a_held_rate_goes_on_as_a_trunk_does() -> None:
    plan = planned()
    job, trunk = plan.held(2), plan.trunk(2, plan.rungs[1], None)
    assert job.schedules == trunk.schedules
    assert (job.stop, job.in_place, job.evaluate) == (2000, False, Evaluate("natural", "val_loss"))


@pytest.mark.parametrize("branching", ["fork", "replay"])
def test_probes_are_the_same_whatever_the_shape_of_the_full_run(branching: str) -> None:
    usual, other = planned(branching=branching), planned(branching=branching, schedule=set_of(cosine()))
    for rung in usual.rungs:
        trunk = usual.trunk(1, rung, None)
        assert trunk == other.trunk(1, rung, None)
        assert usual.branch(1, rung, trunk) == other.branch(1, rung, trunk)


def test_the_final_run_is_the_scripts_own_and_halves_its_rate_when_it_blows_up() -> None:
    job = planned().final(0, None, 0)
    assert job.in_place
    assert (job.stop_rule.blown_up, job.stop_rule.copy_every) == ("halve", 125)
    assert job.evaluate == Evaluate("natural", "val_loss")


def test_probes_are_scored_by_the_figure_of_a_loader_fed_script() -> None:
    assert {rung.evaluate for rung in planned().rungs} == {Evaluate("figure", "val_loss", steps=200)}


def test_probes_of_a_step_loop_end_where_it_evaluates() -> None:
    plan = planned(replace(START, cadence=Cadence("every", (80, 160, 240, 320))))
    assert [rung.stop for rung in plan.rungs] == [80, 320]
    assert codes(plan).count("rung-moved") == 2


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (replace(START, metric=None), "metric-training"),
        (replace(START, cadence=Cadence("every", (1000, 2000))), "metric-too-far"),
    ],
)
def test_without_a_figure_near_the_probes_training_losses_are_compared(start: Start, code: str) -> None:
    plan = planned(start)
    assert plan.scored_by == Metric("training_loss", "min", source="training")
    assert plan.metric == start.metric or plan.metric == plan.scored_by
    assert [rung.evaluate for rung in plan.rungs] == [Evaluate("frozen", steps=8), Evaluate("frozen", steps=31)]
    assert [(rung.trunk, rung.stop) for rung in plan.rungs] == [(62, 77), (250, 312)]
    assert code in codes(plan)


def test_cheap_mode_has_one_rung_where_data_are_seen_once() -> None:
    assert len(planned(replace(START, single_pass=True), mode="cheap").rungs) == 1


def test_cheap_mode_is_refused_where_data_are_seen_often() -> None:
    plan = planned(mode="cheap")
    assert len(plan.rungs) == 2
    assert "cheap-refused" in codes(plan)


@pytest.mark.parametrize(("horizon", "rungs"), [(300, 1), (500, 2)])
def test_a_short_run_has_the_rungs_that_two_runs_hold_and_says_so(horizon: int, rungs: int) -> None:
    plan = planned(replace(START, horizon=horizon))
    assert plan.short
    assert len(plan.rungs) == rungs
    assert "short-run" in codes(plan)
    assert plan.budget.runs == 2.0


def test_a_doubt_may_cost_more_unless_the_user_said_how_much() -> None:
    usual, told = (TunerSettings.usual("fork", budget=budget) for budget in (None, 1.7))
    runs = [plan_of(START, settings).in_doubt().budget.runs for settings in (usual, told)]
    assert runs == [2.85, 1.7]


def test_where_nothing_was_learned_the_last_rung_is_as_long_as_that_takes_within_a_quarter_of_the_run() -> None:
    trunks = [planned().lengthened(onset).rungs[-1].trunk for onset in (None, 20, 250, 1500)]
    assert trunks == [500, 250, 375, 500]


def test_a_budget_that_holds_no_study_is_refused_with_the_least_that_does() -> None:
    with pytest.raises(InvalidInput, match=r"1\.2 runs is too small: .* costs 1\.51 runs") as caught:
        planned(budget=1.2)
    assert "--budget 1.51" in caught.value.hint()


def test_a_forked_study_of_another_shape_needs_more_as_it_starts_from_0() -> None:
    for schedule, least in ((None, "1.38"), (set_of(cosine()), "1.51")):
        with pytest.raises(InvalidInput, match=f"costs {least} runs"):
            planned(budget=1.2, branching="fork", schedule=schedule)


def test_the_least_budget_is_enough() -> None:
    assert planned(budget=1.51).budget.runs == 1.51


def test_a_run_that_is_too_short_is_refused() -> None:
    with pytest.raises(InvalidInput, match="A run of 190 steps is too short"):
        planned(replace(START, horizon=190))
