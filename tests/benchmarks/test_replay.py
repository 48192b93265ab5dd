"""A study on frozen curves is a study: it finds the valley, and what it costs is what it trains."""

import doctest
from dataclasses import replace

import pytest
import replay
import warm_ups
from frozen import Frozen
from replay import World, follow, warm_up_of
from tests.benchmarks.valley import BOTTOM, STEPS, loss_of, valley, warmed_valley

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import Answer
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, RunFacts
from ratecraft.schedules.builders.constructors import constant, linear, warmup

ONCE = RunFacts(optimizers=("SGD",), samples_per_step=1.0, dataset_length=STEPS, loader=True)
SGD = World(valley(), 0).seen


def answer_of(world: World, settings: TunerSettings) -> Answer:
    answer = follow(world, settings).answer
    assert answer is not None
    return answer


def probe(octave: float, trunk: int, stop: int, warm_up: int) -> Job:
    rate = 0.1 * 2**octave
    shape = rate * warmup(warm_up) >> constant(rate, trunk - warm_up) >> linear(rate, 0.0, stop - trunk)
    return Job(schedules={"rate": shape}, start=trunk, stop=stop, evaluate=Evaluate("figure", "val_loss", steps=9))


def test_the_examples_run() -> None:
    assert doctest.testmod(replay).failed == doctest.testmod(warm_ups).failed == 0


def test_the_tuner_finds_the_bottom_of_a_frozen_valley() -> None:
    world = World(valley(), 1)
    answer = answer_of(world, TunerSettings.usual("fork"))
    assert answer.rate is not None
    assert answer.tuned is not None
    assert world.octave(answer.rate) == pytest.approx(BOTTOM, abs=0.35)
    assert answer.tuned.final == pytest.approx(loss_of(BOTTOM, STEPS, seed=1), rel=0.01)


def test_a_study_by_replay_costs_more_than_one_by_forks_and_both_keep_their_budget() -> None:
    runs = {way: follow(World(valley(), 0), TunerSettings.usual(way)).runs for way in ("fork", "replay")}
    assert 1.3 < runs["fork"] <= 1.6
    assert runs["fork"] < runs["replay"] <= 1.75


def test_a_cheap_study_costs_less_where_data_are_seen_once() -> None:
    cheap = TunerSettings.usual("fork", mode="cheap")
    seen_once = replace(ONCE, groups=SGD.groups)
    once, often = (follow(World(valley(), 0, seen), cheap).runs for seen in (seen_once, SGD))
    assert once < often


def test_rates_that_blow_up_are_the_edge() -> None:
    world = World(valley(edge=2), 0)
    answer = answer_of(world, TunerSettings.usual("fork"))
    assert answer.edge is not None
    assert answer.tuned is not None
    assert world.octave(answer.edge) > 2


def test_a_frozen_run_that_over_fits_is_ended_and_made_again_for_less_than_it_saves() -> None:
    over_fits = World(valley(turns=0.25), 0)
    for way, most in (("fork", 1.6), ("replay", 1.75)):
        usual = TunerSettings.usual(way)
        followed, whole = follow(over_fits, usual), follow(World(valley(), 0), usual)
        assert followed.answer is not None
        assert "turned" in {each.code for each in followed.answer.decisions}
        assert followed.runs <= min(whole.runs, most)
        assert followed.answer.tuned is not None
        assert followed.answer.tuned.steps < STEPS / 2


def test_a_probe_is_scored_with_the_warm_up_that_it_has() -> None:
    task = warmed_valley()
    stop = STEPS // 8 * 5 // 4
    for warm_up, saved in ((10, 0.0), (STEPS // 20, 0.2)):
        outcome = World(task, 1).outcome(probe(2, STEPS // 8, stop, warm_up))
        assert outcome.score == pytest.approx(loss_of(2, stop, seed=1) - saved)
    between = World(task, 1).outcome(probe(2, STEPS // 8, stop, 25)).score
    assert between is not None
    assert loss_of(2, stop, seed=1) - 0.2 < between < loss_of(2, stop, seed=1)


def test_a_full_run_ends_where_its_warm_up_takes_it() -> None:
    rate = 0.1 * 2**3
    schedule = rate * warmup(STEPS // 20) >> constant(rate, 512 - STEPS // 20) >> linear(rate, 0.0, 768)
    job = Job(schedules={"rate": schedule}, stop=STEPS, evaluate=Evaluate("natural", "val_loss"))
    assert warm_up_of(job, STEPS) == STEPS // 20
    assert World(warmed_valley(), 0).outcome(job).score == pytest.approx(loss_of(3, STEPS) - 0.2)


def test_where_a_warm_up_was_not_trained_a_lower_rate_without_it_stands_for_it() -> None:
    task = warmed_valley()
    shift = warm_ups.shift_of("linear", 20, STEPS)
    assert task.final("linear", -5, 0, STEPS // 20) == pytest.approx(task.final("linear", -5 + shift, 0))


def test_the_untrained_model_has_a_score_and_a_first_loss() -> None:
    world = World(warmed_valley(), 2)
    job = Job(schedules={"rate": constant(0.0)}, stop=0, evaluate=Evaluate("figure", "val_loss", steps=9))
    outcome = world.outcome(job)
    assert (outcome.score, outcome.first_loss, outcome.steps) == (5.0, 5.5, 0)


def test_a_schedule_of_its_own_is_the_baseline_and_a_higher_rate_changes_it_as_it_changes_others() -> None:
    run = {"name": "own", "losses": [4.0] * 64, "ended": False, "blown_at": None, "figures": [[640, 3.0], [STEPS, 2.0]]}
    trees = [*valley().trees, *({"kind": "own", "octave": 0, "seed": seed, "runs": [run]} for seed in range(4))]
    task = Frozen("own", 0.1, STEPS, trees)
    own = World(task, 0, own=True)
    ratio = loss_of(2, STEPS) / loss_of(0, STEPS)
    assert own.baseline_loss == 2.0
    assert replace(own, off=2.0).baseline_loss == pytest.approx(2.0 * ratio)


def test_live_losses_are_told_step_by_step() -> None:
    world = World(warmed_valley(), 0)
    trunk = Job(schedules={"rate": 0.1 * warmup(10) >> constant(0.1)}, stop=160)
    outcome = world.outcome(trunk)
    assert (outcome.ending, len(outcome.losses)) == (Ending.DONE, 160)
    assert outcome.losses[0] > outcome.losses[-1]


def test_everything_is_counted_and_a_refusal_is_no_answer() -> None:
    followed = follow(World(valley(), 0), TunerSettings.usual("fork"))
    assert followed.total > followed.runs + 1  # a baseline, and frozen steps on the way to figures
    refused = follow(World(valley(), 0), TunerSettings.usual("fork", budget=1.0))
    assert (refused.answer, refused.refusal, refused.total) == (None, "budget-too-small", 1.0)
