"""Mirrors ratecraft/controllers/baseline/start.py."""

import math
from dataclasses import replace
from typing import Any

import pytest
from tests.controllers.worlds import FAILED, Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start, baseline_job, begin, sizes_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.study_plan import plan_of
from ratecraft.errors import InvalidInput, NoAnswer, ScriptFailed
from ratecraft.records.answer import Decision
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric, parse_metric
from ratecraft.records.outcome import Ending, Figure, Group, Outcome, RunFacts
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.sizes import Sizes

LOADER = Formula().facts()


def started(settings: TunerSettings | None = None, **answers: Outcome) -> tuple[Start, list[Proposed]]:
    """Drive `begin` with outcomes by phase."""
    asked: list[Proposed] = []
    code = begin(settings or TunerSettings())
    try:
        wanted = next(code)
        while True:
            asked += wanted
            wanted = code.send(tuple(answers[each.phase] for each in wanted))
    except StopIteration as end:
        return end.value, asked


def baseline(**values: Any) -> Outcome:
    figures = (Figure(500, "val_loss", 0.9), Figure(1000, "val_loss", 0.8))
    whole: dict[str, Any] = {"steps": 1000, "figures": figures, "facts": LOADER}
    return Outcome("a", **{"ending": Ending.DONE, **whole, **values})


def codes(start: Start) -> list[str]:
    return [decision.code for decision in start.decisions]


def test_the_baseline_is_the_script_as_it_is() -> None:
    job = baseline_job(TunerSettings(seed=3))
    assert job == Job(seed=3, evaluate=Evaluate("natural"))
    assert not job.in_place


def test_the_baseline_is_told_the_metric_that_the_user_names() -> None:
    job = baseline_job(TunerSettings(metric=parse_metric("val_acc")))
    assert job.evaluate == Evaluate("natural", "val_acc", direction="max")


def test_everything_comes_from_the_baseline() -> None:
    start, asked = started(baseline=baseline())
    assert [each.phase for each in asked] == ["baseline"]
    assert (start.horizon, start.horizon_source, start.own_rate) == (1000, "run", 0.01)
    assert start.metric == Metric("val_loss", "min")
    assert start.cadence.is_led
    assert start.census == ()


def test_a_step_loop_shows_where_it_evaluates() -> None:
    start, _ = started(baseline=baseline(facts=replace(LOADER, loader=False)))
    assert start.cadence == Cadence("every", (500, 1000))


def test_the_settings_rate_comes_before_the_scripts() -> None:
    assert started(TunerSettings(own_rate=0.5), baseline=baseline())[0].own_rate == 0.5


@pytest.mark.parametrize(("length", "once"), [(10_000, True), (9_950, True), (5_000, False), (None, False)])
def test_data_are_seen_once_only_where_that_is_known(length: int | None, once: bool) -> None:
    start, _ = started(baseline=baseline(facts=replace(LOADER, dataset_length=length)))
    assert start.single_pass is once
    assert ("passes-unknown" in codes(start)) is (length is None)


@pytest.mark.parametrize(
    ("facts", "told", "sizes"),
    [
        (RunFacts(samples_per_step=32.0, steps_per_epoch=15.0, dataset_length=500), Sizes(), (15.0, 32.0)),
        (RunFacts(samples_per_step=50.0, dataset_length=500), Sizes(), (10.0, 50.0)),
        (RunFacts(dataset_length=500), Sizes(batch_size=50), (10.0, 50.0)),
        (RunFacts(samples_per_step=32.0, steps_per_epoch=15.0), Sizes(steps_per_epoch=7, batch_size=8), (7.0, 8.0)),
        (RunFacts(), Sizes(), (None, None)),
    ],
)
def test_what_the_user_says_of_epochs_goes_before_what_a_run_showed(
    facts: RunFacts, told: Sizes, sizes: tuple[float | None, float | None]
) -> None:
    known = sizes_of(told, facts)
    assert (known.steps_per_epoch, known.batch_size) == sizes


def test_a_shape_counts_the_epochs_that_the_baseline_showed() -> None:
    settings = TunerSettings(schedule=parse_set("step(epochs(30), 0.1)"))
    start, _ = started(settings, baseline=baseline(facts=replace(LOADER, steps_per_epoch=10.0)))
    shape = plan_of(start, settings).shape
    assert shape is not None
    assert [shape.schedule.at(step) for step in (299, 300)] == pytest.approx([1.0, 0.1])


def test_a_shape_in_epochs_of_an_unknown_length_is_refused_with_what_to_say() -> None:
    settings = TunerSettings(schedule=parse_set("step(epochs(30), 0.1)"))
    start, _ = started(settings, baseline=baseline(facts=replace(LOADER, samples_per_step=None)))
    with pytest.raises(InvalidInput, match="the number of optimizer steps per epoch is not known") as caught:
        plan_of(start, settings)
    assert "--steps-per-epoch 100" in caught.value.hint()


def test_a_training_figure_is_not_compared() -> None:
    assert started(baseline=baseline(figures=(Figure(10, "train_loss", 1.0),)))[0].metric is None


def test_a_metric_that_was_never_printed_is_told_with_what_was() -> None:
    with pytest.raises(NoAnswer, match=r"`val_acc` was never printed. Seen: val_loss \(2×\)") as caught:
        started(TunerSettings(metric=parse_metric("val_acc")), baseline=baseline())
    assert "--metric" in caught.value.hint()


def test_a_metric_beside_no_figures_at_all_is_told_so() -> None:
    with pytest.raises(NoAnswer, match="`val_acc` was never printed, and no other figure was"):
        started(TunerSettings(metric=parse_metric("val_acc")), baseline=baseline(figures=()))


def test_a_last_figure_that_is_no_number_is_said() -> None:
    figures = (Figure(500, "val_loss", 1.0), Figure(1000, "val_loss", math.nan))
    assert "metric-nan" in codes(started(baseline=baseline(figures=figures))[0])


def test_a_figure_that_never_is_a_number_is_refused() -> None:
    figures = (Figure(500, "val_loss", math.nan), Figure(1000, "val_loss", math.inf))
    with pytest.raises(NoAnswer, match="`val_loss` was printed 2 times but was never a number") as caught:
        started(baseline=baseline(figures=figures))
    assert "--metric" in caught.value.hint()


def test_a_failed_baseline_is_the_scripts_own_error() -> None:
    with pytest.raises(ScriptFailed, match="KeyError"):
        started(baseline=baseline(**FAILED))


def test_a_baseline_without_steps_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ended without an optimizer step") as caught:
        started(baseline=baseline(steps=0))
    assert "`--`" in caught.value.hint()


def test_a_rate_of_zero_throughout_is_no_rate_to_start_from() -> None:
    assert started(baseline=baseline(facts=replace(LOADER, own_rate=None)))[0].own_rate == 0


def test_a_script_that_stopped_early_is_as_long_as_it_ran() -> None:
    start, _ = started(baseline=baseline(facts=replace(LOADER, horizon=1500)))
    assert start.horizon == 1000
    assert "early-stopping" in codes(start)


def test_a_blown_up_baseline_takes_its_length_from_what_was_seen_of_it() -> None:
    start, asked = started(baseline=baseline(ending=Ending.BLOWN_UP, steps=40))
    assert (start.horizon, start.horizon_source) == (2000, "loops")
    assert len(asked) == 1
    assert Decision("own-rate-diverged", {"own": start.own_rate, "step": 40}) in start.decisions
    unknown, _ = started(baseline=baseline(ending=Ending.BLOWN_UP, steps=40, facts=replace(LOADER, own_rate=None)))
    assert "baseline-blown-up" in codes(unknown)


@pytest.mark.parametrize("settings", [TunerSettings(), TunerSettings(baseline=False, steps=1000)])
def test_a_loss_that_is_no_number_before_any_update_is_told_at_once(settings: TunerSettings) -> None:
    lost = baseline(ending=Ending.BLOWN_UP, steps=1, figures=(), first_loss=math.nan)
    with pytest.raises(NoAnswer, match="The loss is nan in the very first step, before any update"):
        started(settings, baseline=lost, census=lost)


@pytest.mark.parametrize(
    "values", [{"steps": 1, "first_loss": 2.3}, {"steps": 1, "first_loss": None}, {"steps": 40, "first_loss": math.nan}]
)
def test_a_run_that_blew_up_later_may_do_better_at_another_rate(values: dict[str, Any]) -> None:
    start, _ = started(baseline=baseline(ending=Ending.BLOWN_UP, **values))
    assert start.horizon == 2000


def test_a_blown_up_baseline_of_unknown_length_is_followed_by_a_census() -> None:
    census = Outcome("b", Ending.DONE, steps=1, facts=replace(LOADER, horizon=1200, horizon_source="census"))
    blown = baseline(ending=Ending.BLOWN_UP, steps=40, facts=replace(LOADER, horizon=None))
    start, asked = started(baseline=blown, census=census)
    assert [each.phase for each in asked] == ["baseline", "census"]
    assert (start.horizon, start.horizon_source) == (1200, "census")


def test_a_baseline_that_blew_up_before_its_evaluation_is_followed_by_a_census_for_its_figures() -> None:
    blown = baseline(ending=Ending.BLOWN_UP, steps=40, figures=())
    start, asked = started(TunerSettings(metric=parse_metric("val_loss")), baseline=blown, census=baseline(steps=1))
    assert [each.phase for each in asked] == ["baseline", "census"]
    assert start.metric is not None
    assert (start.horizon, start.metric.name) == (2000, "val_loss")


def test_without_a_baseline_a_census_tells_everything() -> None:
    census = baseline(steps=1, facts=replace(LOADER, horizon=1200, horizon_source="framework"))
    start, asked = started(TunerSettings(baseline=False), census=census)
    assert asked == [Proposed(Job(stop=1, evaluate=Evaluate("census")), "census")]
    assert (start.horizon, start.horizon_source, start.own_rate) == (1200, "framework", 0.01)
    assert start.metric == Metric("val_loss", "min")
    assert start.census == (asked[0].job,)
    assert start.baseline is None


def test_a_census_of_a_step_loop_knows_no_evaluation_steps() -> None:
    census = baseline(steps=1, facts=replace(LOADER, loader=False))
    assert started(TunerSettings(baseline=False), census=census)[0].cadence == Cadence("none")


def test_a_census_that_sees_a_warm_up_from_zero_takes_the_rate_the_optimizer_was_made_with() -> None:
    facts = replace(LOADER, own_rate=None, groups=(Group(10, 0.2, 1.0),))
    assert started(TunerSettings(baseline=False), census=baseline(steps=1, facts=facts))[0].own_rate == 0.2


def test_given_steps_still_need_a_census_where_no_rate_is_given() -> None:
    start, asked = started(TunerSettings(baseline=False, steps=900), census=baseline(steps=1))
    assert (start.horizon, start.horizon_source) == (900, "steps")
    assert len(asked) == 1


def test_given_steps_and_a_given_rate_need_no_run_at_all() -> None:
    settings = TunerSettings(baseline=False, steps=900, own_rate=0.1, metric=parse_metric("val_acc"))
    start, asked = started(settings)
    assert asked == []
    assert (start.horizon, start.own_rate, start.cadence.is_led) == (900, 0.1, True)


def test_a_length_that_nothing_tells_is_said_and_refused_by_the_tuner() -> None:
    settings = TunerSettings(baseline=False)
    start, _ = started(settings, census=Outcome("b", Ending.DONE, facts=RunFacts(own_rate=0.1)))
    assert (start.horizon, codes(start)) == (0, ["horizon-none", "passes-unknown"])
    with pytest.raises(InvalidInput, match="could not be determined") as caught:
        plan_of(start, settings)
    assert "--steps N" in caught.value.hint()
