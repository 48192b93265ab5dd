"""Mirrors ratecraft/controllers/probing/scoring.py."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.controllers.worlds import Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.probing.rungs import moved_rungs, rungs_of
from ratecraft.controllers.probing.scoring import frozen_rungs, scored_rungs, scoring, wait_at, waited
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import NoAnswer
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric

SETTINGS = TunerSettings()
ACCURACY = Metric("val_acc", "max")
LED = Cadence("epoch-end")


def every(steps: int, horizon: int) -> Cadence:
    return Cadence("every", tuple(range(steps, horizon + 1, steps)))


def test_a_figure_that_can_be_led_to_scores_every_rung() -> None:
    scored = scored_rungs(rungs_of(12800, SETTINGS), ACCURACY, 12800, LED, SETTINGS)
    assert scored is not None
    assert {rung.evaluate for rung in scored} == {Evaluate("figure", "val_acc", steps=400, direction="max")}


@pytest.mark.parametrize("steps", [10, 44, 100, 300, 500])
def test_a_script_that_counts_its_steps_is_left_to_come_to_its_evaluation(steps: int) -> None:
    horizon = 1760
    cadence = every(steps, horizon)
    rungs = moved_rungs(rungs_of(horizon, SETTINGS), cadence.steps, SETTINGS)
    scored = scored_rungs(rungs, ACCURACY, horizon, cadence, SETTINGS)
    if waited(rungs, cadence, SETTINGS) > horizon / 2:
        assert (scored, steps) == (None, 500)
        return
    assert scored is not None
    for rung in scored:
        wait = wait_at(rung.stop, cadence)
        assert wait is not None
        assert rung.evaluate.lead == "steps"
        assert rung.evaluate.steps >= wait + 8


@given(steps=st.integers(20, 4000), horizon=st.integers(768, 8000))
def test_all_waiting_of_a_study_is_limited_and_told(steps: int, horizon: int) -> None:
    start = Start(horizon, "run", 0.01, ACCURACY, every(steps, horizon), single_pass=False, facts=Formula().facts())
    rungs, scored_by, decisions = scoring(start, rungs_of(horizon, SETTINGS), SETTINGS)
    said = {each.code: each.values for each in decisions}
    if scored_by == ACCURACY:
        cost = waited(rungs, start.cadence, SETTINGS)
        assert cost <= horizon / 2
        assert said.get("evaluates-every", {"runs": 0})["runs"] == pytest.approx(cost / horizon)
    else:
        assert {rung.evaluate.kind for rung in rungs} == {"frozen"}
        assert "metric-too-far" in said


@pytest.mark.parametrize("cadence", [Cadence("final", (2000,)), Cadence("none")])
def test_a_figure_that_comes_once_or_never_scores_no_probe(cadence: Cadence) -> None:
    assert scored_rungs(rungs_of(2000, SETTINGS), ACCURACY, 2000, cadence, SETTINGS) is None


def test_past_its_last_evaluation_a_script_has_none_to_wait_for() -> None:
    assert wait_at(313, Cadence("every", (100, 312))) is None


def test_one_way_scores_all_rungs() -> None:
    near_the_first_only = Cadence("every", (80, 100))
    assert scored_rungs(rungs_of(2000, SETTINGS), ACCURACY, 2000, near_the_first_only, SETTINGS) is None


def test_of_a_run_of_unknown_length_the_figure_is_waited_for_where_it_can_be_led_to() -> None:
    rungs = tuple(replace(rung, trunk=24, stop=32) for rung in rungs_of(500, SETTINGS))
    assert scored_rungs(rungs, ACCURACY, 0, LED, SETTINGS) is not None


def test_frozen_batches_are_an_eighth_of_the_trunk_and_at_least_eight() -> None:
    assert [rung.evaluate.steps for rung in frozen_rungs(rungs_of(6400, SETTINGS), SETTINGS)] == [25, 100]
    assert frozen_rungs(rungs_of(320, SETTINGS), SETTINGS)[0].evaluate == Evaluate("frozen", steps=8)


def test_losses_that_pull_against_each_other_stand_in_for_no_figure() -> None:
    facts = replace(Formula().facts(), opponents=("Adam ← a", "Adam ← b"))
    start = Start(1760, "run", 0.01, ACCURACY, Cadence("none"), single_pass=False, facts=facts)
    with pytest.raises(NoAnswer, match="`val_acc` is printed too rarely") as caught:
        scoring(start, rungs_of(1760, SETTINGS), SETTINGS)
    assert caught.value.code == "opponents-without-figure"
    led = replace(start, cadence=LED)
    assert scoring(led, rungs_of(1760, SETTINGS), SETTINGS)[1] == ACCURACY
