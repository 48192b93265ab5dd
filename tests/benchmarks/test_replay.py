"""A study on frozen curves is a study: it finds the valley, and what it costs is what it trains."""

import pytest
from replay import World, follow
from tests.benchmarks.valley import BOTTOM, STEPS, loss_of, valley

from ratecraft.controllers.settings import TunerSettings


def test_the_tuner_finds_the_bottom_of_a_frozen_valley() -> None:
    world = World(valley(), 1)
    answer = follow(world, TunerSettings.usual("fork")).answer
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
    once, often = (follow(World(valley(), 0, single_pass=single), cheap).runs for single in (True, False))
    assert once < often


def test_rates_that_blow_up_are_the_edge() -> None:
    world = World(valley(edge=2), 0)
    answer = follow(world, TunerSettings.usual("fork")).answer
    assert answer.edge is not None
    assert answer.tuned is not None
    assert world.octave(answer.edge) > 2


def test_a_frozen_run_that_over_fits_is_ended_and_made_again_for_less_than_it_saves() -> None:
    over_fits = World(valley(turns=0.25), 0)
    for way, most in (("fork", 1.6), ("replay", 1.75)):
        usual = TunerSettings.usual(way)
        followed, whole = follow(over_fits, usual), follow(World(valley(), 0), usual)
        assert "turned" in {each.code for each in followed.answer.decisions}
        assert followed.runs <= min(whole.runs, most)
        assert followed.answer.tuned is not None
        assert followed.answer.tuned.steps < STEPS / 2
