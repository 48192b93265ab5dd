"""Mirrors ratecraft/controllers/tune/study_plan.py."""

from dataclasses import replace

import pytest
from tests.controllers.worlds import Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_jobs import final_job
from ratecraft.controllers.tune.study_plan import StudyPlan, plan_of
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.schedules.builders.constructors import cosine, exponential, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.sets import ScheduleSet, set_of

LOSS = Metric("val_loss", "min")
START = Start(2000, "run", 0.01, LOSS, Cadence("epoch-end"), single_pass=False, facts=Formula().facts())


def planned(start: Start = START, **settings: object) -> StudyPlan:
    return plan_of(start, replace(TunerSettings(), **settings))


def codes(plan: StudyPlan) -> list[str]:
    return [decision.code for decision in plan.decisions]


def test_probed_rates_are_exact_multiples_of_the_scripts_own() -> None:
    assert [planned().rate(octave) for octave in (-2, 0, 3)] == [0.0025, 0.01, 0.08]
    assert [planned().rate(octave) for octave in (0.5, -1.3)] == [0.0141, 0.00406]


def test_a_schedule_of_what_no_optimizer_has_is_refused_once_the_optimizers_are_known() -> None:
    facts = replace(START.facts, hyperparameters=("rate", "weight_decay"))
    with pytest.raises(InvalidInput, match=r"a schedule for `momentum`, .* they have: rate, weight_decay"):
        planned(replace(START, facts=facts), schedule=onecycle())
    decayed = ScheduleSet(rate=cosine(), weight_decay=cosine(0.1, 0.0))
    assert "weight_decay" in final_job(planned(replace(START, facts=facts), schedule=decayed), 0.0).schedules


def test_a_shape_that_does_not_fit_the_run_is_refused_once_its_length_is_known() -> None:
    with pytest.raises(InvalidInput, match="ends 500 steps too late: the run has 2000 steps"):
        planned(schedule=set_of(warmup(2500) >> cosine()))


def test_a_shape_that_is_negative_at_this_length_only_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match="falls below 0: in a run of 2000 steps"):
        planned(schedule=set_of(exponential(0.5, 500) + -0.1))


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
