"""Mirrors ratecraft/controllers/tune/answer.py, on whole studies of formulas."""

import math
from functools import cache

import pytest
from tests.controllers.worlds import Followed, Formula, follow

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.job import Evaluate
from ratecraft.schedules.builders.constructors import cosine, exponential, warmup
from ratecraft.schedules.sets import set_of
from ratecraft.translations.catalogue import LANGUAGES, sentence

WORLDS: dict[str, tuple[Formula, *tuple[TunerSettings, ...]]] = {
    "gain": (Formula(bottom=3.0, noise=0.002),),
    "edge": (Formula(edge=1.0),),
    "maximised": (Formula(metric="val_acc", sign=-1.0, floor=-2.0),),
    "negative": (Formula(floor=-50.0),),
    "near zero": (Formula(floor=1e-9, height=0.0, width=1e-9),),
    "training": (Formula(metric="", noise=0.01),),
    "step loop": (Formula(loader=False, every=40),),
    "short": (Formula(horizon=400), TunerSettings(budget=2.6)),
    "cheap": (Formula(passes=1.0), TunerSettings(mode="cheap")),
    "no baseline": (Formula(), TunerSettings(baseline=False)),
    "flat": (Formula(width=0.0, edge=99),),
    "open": (Formula(bottom=-30),),
    "fork": (Formula(unannealed=0.3), TunerSettings(branching="fork")),
    "shape": (Formula(), TunerSettings(schedule=set_of(warmup(0.1) >> cosine()))),
    "abrupt": (Formula(), TunerSettings(schedule=set_of(exponential(0.01, 0.05)))),
    "constant": (Formula(unannealed=0.3), TunerSettings(compare_constant=True, branching="fork")),
}


@cache
def study(name: str) -> Followed:
    """A whole study, followed once for all tests."""
    return follow(*WORLDS[name])


@pytest.mark.parametrize("name", WORLDS)
def test_every_decision_can_be_said_in_both_languages(name: str) -> None:
    for decision in study(name).answer.decisions:
        for language in LANGUAGES:
            assert "{" not in sentence(f"decision.{decision.code}.text", language, decision.values)


@pytest.mark.parametrize("name", WORLDS)
def test_every_probe_of_the_answer_is_a_scored_job(name: str) -> None:
    found = study(name)
    assert {probe.job for probe in found.answer.probes} == {
        job.key for job in found.scored("bracket") + found.scored("branch") if job.start < (job.stop or 0)
    }
    ordered = [(probe.stop, probe.rate) for probe in found.answer.probes]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize("name", WORLDS)
def test_probes_carry_scores_in_the_unit_of_the_metric(name: str) -> None:
    found = study(name)
    for probe in found.answer.probes:
        assert probe.score is None or probe.score == found.outcomes[probe.job].score


@pytest.mark.parametrize("name", [name for name in WORLDS if name != "flat"])
def test_the_answer_is_that_of_the_final_job(name: str) -> None:
    found = study(name)
    final = next(job for job in found.of("final") if job.key == found.answer.final_job)
    assert found.answer.schedules == final.schedules
    own_steps = final.schedules["rate"].curve((final.stop or 0) - final.start, first=final.start)
    assert found.answer.rate == own_steps.max()


@pytest.mark.parametrize("name", ["gain", "maximised", "step loop", "negative"])
def test_the_best_job_has_the_best_figure_of_the_study(name: str) -> None:
    found = study(name)
    sign = found.answer.metric.sign()
    scores = {
        key: sign * (outcome.score if outcome.best_score is None else outcome.best_score)
        for key, outcome in found.outcomes.items()
        if outcome.score is not None and key in {job.key for phase in ("branch", "final") for job in found.of(phase)}
    }
    assert scores[found.answer.best_job] == min(scores.values())


def test_training_losses_validate_nothing_so_the_final_job_is_the_best() -> None:
    assert study("training").answer.best_job == study("training").answer.final_job


def test_the_edge_is_the_lowest_rate_that_blew_up() -> None:
    assert study("edge").answer.edge == min(probe.rate for probe in study("edge").answer.probes if probe.score is None)
    assert study("gain").answer.edge is None


@pytest.mark.parametrize(
    ("name", "marks"),
    [("gain", ("rough",)), ("training", ("training",)), ("open", ("rough", "at-edge")), ("flat", ())],
)
def test_marks_qualify_the_result(name: str, marks: tuple[str, ...]) -> None:
    assert study(name).answer.marks == marks


def test_a_short_run_is_marked() -> None:
    assert "short-run" in study("short").answer.marks


def test_where_the_scores_tell_nothing_nothing_is_answered() -> None:
    answer = study("flat").answer
    assert (answer.rate, answer.interval, answer.schedules, answer.tuned, answer.final_job) == (
        None,
        None,
        {},
        None,
        "",
    )


def test_the_answer_tells_what_the_script_was_like() -> None:
    answer = study("gain").answer
    assert (answer.own_rate, answer.horizon, answer.horizon_source) == (0.01, 2000, "run")
    assert answer.groups == Formula().facts().groups
    assert answer.baseline is not None
    assert answer.baseline.steps == 2000


def test_a_step_loops_probes_end_where_it_evaluates() -> None:
    found = study("step loop")
    assert {probe.stop for probe in found.answer.probes} == {80, 320}
    assert found.scored("bracket")[0].evaluate == Evaluate("figure", "val_loss", steps=200, lead="steps")


def test_a_full_run_worse_than_a_probe_is_said_to_over_fit() -> None:
    found = follow(Formula(height=-0.3, decay=0.3))
    assert "worse-than-branch" in found.codes()
    offered = next(each.values["rate"] for each in found.answer.decisions if each.code == "worse-than-branch")
    chosen = next(each.values["bottom"] for each in found.answer.decisions if each.code == "chosen")
    assert math.isclose(offered, chosen * 312 / 2000)


def test_near_zero_losses_are_told_apart() -> None:
    assert study("near zero").answer.rate == pytest.approx(0.01, rel=0.5)
