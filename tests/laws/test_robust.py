"""Mirrors ratecraft/laws/robust.py."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.robust import (
    block_medians,
    blocks_of,
    direction,
    leaps,
    merged,
    most_within,
    noise_sd,
    persistence,
    spike_scores,
    turning_places,
    turns,
)


@given(count=st.integers(1, 500), blocks=st.integers(1, 80))
def test_blocks_cover_every_place_once_and_are_as_equal_as_can_be(count: int, blocks: int) -> None:
    parts = blocks_of(count, blocks)
    assert [place for first, after in parts for place in range(first, after)] == list(range(count))
    sizes = {after - first for first, after in parts}
    assert max(sizes) - min(sizes) <= 1


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100), seed=st.integers(0, 50))
def test_noise_follows_the_scale_and_not_the_level_or_a_line(shift: float, scale: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=200)
    moved = scale * values + shift + 0.1 * np.arange(200)
    assert noise_sd(moved) == pytest.approx(scale * noise_sd(values), rel=1e-6, abs=1e-9)


def test_a_quarter_of_wild_points_hardly_moves_the_noise() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    wild = values.copy()
    wild[::8] = 1e6
    assert noise_sd(wild) < 2 * noise_sd(values)


@given(st.lists(st.integers(-1000, 1000), min_size=0, max_size=60))
def test_direction_turns_round_with_the_values(values: list[int]) -> None:
    array = np.array(values, np.float64)
    assert direction(array) == pytest.approx(-direction(-array))


def test_noise_has_no_direction_at_a_rate_that_the_test_promises() -> None:
    rng = np.random.default_rng(0)
    beyond = [abs(direction(rng.normal(size=200))) > 2 for _ in range(500)]
    assert np.mean(beyond) < 0.06


@given(steps=st.lists(st.integers(0, 30), min_size=1, max_size=80))
def test_values_of_one_step_become_their_mean(steps: list[int]) -> None:
    places = np.array(sorted(steps))
    values = np.arange(len(places), dtype=np.float64)
    seen, means = merged(places, values)
    by_hand = {step: float(np.mean(values[places == step])) for step in places}
    assert seen.tolist() == list(by_hand)
    assert means.tolist() == pytest.approx(list(by_hand.values()))


@pytest.mark.parametrize("place", [20, 130, 999])
def test_a_spike_scores_in_its_own_units(place: int) -> None:
    values = np.random.default_rng(1).normal(size=1000)
    values[place] += 20
    scores = spike_scores(values)
    assert int(scores.argmax()) == place
    assert 12 < scores[place] < 30


def slowly(values: np.ndarray) -> list[float]:
    """The scores point by point, as the documentation words them."""
    scores = [0.0] * len(values)
    for place in range(16, len(values)):
        first = place - place % 16
        before = values[max(0, first - 128) : first]
        deviation = 1.4826 * np.median(np.abs(before - np.median(before)))
        tail = np.sort(before)[int(0.95 * len(before))] - np.median(before)
        spread = max(deviation, noise_sd(before), tail / 1.645)
        scores[place] = (values[place] - np.median(before)) / spread if spread > 0 else 0.0
    return scores


@given(length=st.integers(0, 400), seed=st.integers(0, 100))
def test_spikes_score_as_they_do_point_by_point(length: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=length) + np.arange(length) / 50
    assert spike_scores(values).tolist() == pytest.approx(slowly(values), abs=1e-9)


def test_a_level_without_noise_has_no_spikes() -> None:
    assert spike_scores(np.ones(100)).tolist() == [0.0] * 100


def test_a_moving_average_persists_and_noise_does_not() -> None:
    noise = np.random.default_rng(2).normal(size=3000)
    average = np.zeros(3000)
    for place in range(1, 3000):
        average[place] = 0.9 * average[place - 1] + 0.1 * noise[place]
    assert persistence(noise) == pytest.approx(-0.5, abs=0.05)
    assert persistence(average) == pytest.approx(-0.05, abs=0.05)


def test_spikes_do_not_make_a_log_look_smoothed() -> None:
    values = np.random.default_rng(4).normal(size=3000)
    for place in range(100, 3000, 150):
        values[place : place + 5] += 100
    assert persistence(values) < -0.35


def test_noise_turns_on_two_thirds_of_its_moves() -> None:
    assert turns(np.random.default_rng(3).normal(size=20_000)) == pytest.approx(2 / 3, abs=0.01)


def test_medians_of_blocks_ignore_a_wild_point() -> None:
    assert block_medians(np.array([1.0, 1.0, 9e9, 2.0, 2.0, 2.0]), 2).tolist() == [1.0, 2.0]


def test_only_what_leaps_and_stays_up_is_a_leap() -> None:
    noise = np.exp(0.2 * np.random.default_rng(0).normal(size=400))
    lasting, single = noise.copy(), noise.copy()
    lasting[200:230] *= 30
    single[200] *= 30
    assert leaps(lasting, 10.0).nonzero()[0].tolist() == [200]
    for quiet in (single, noise, -lasting, lasting[:70], np.zeros(0)):
        assert not leaps(quiet, 10.0).any()


def test_a_constant_added_changes_no_leap_and_a_factor_none_of_its_own_size() -> None:
    values = np.exp(0.2 * np.random.default_rng(0).normal(size=400))
    values[200:230] *= 30
    for factor, added in ((1.0, -50.0), (3.0, 0.0), (0.1, 7.0)):
        assert leaps(factor * values + added, factor * 10.0).nonzero()[0].tolist() == [200]


def test_losses_that_lie_farther_above_their_level_than_below_have_hardly_a_spike() -> None:
    skewed = np.exp(np.random.default_rng(0).normal(size=20_000))
    assert np.mean(spike_scores(skewed) > 6) < 1e-2


@given(steps=st.lists(st.integers(0, 100), max_size=40, unique=True), window=st.integers(1, 50))
def test_the_fullest_window_is_that_of_a_count_from_each_step(steps: list[int], window: int) -> None:
    by_hand = max((sum(first <= step < first + window for step in steps) for first in steps), default=0)
    assert most_within(np.array(sorted(steps), np.int64), window) == by_hand


@given(values=st.lists(st.integers(0, 4), max_size=40))
def test_between_two_turning_places_a_series_only_rises_or_only_falls(values: list[int]) -> None:
    array = np.array(values, np.float64)
    places = turning_places(array).tolist()
    assert not values or (places[0] == 0 and (array[places[-1] :] == array[-1]).all())
    for first, last in pairwise(places):
        moves = np.diff(array[first : last + 1])
        assert (moves >= 0).all() or (moves <= 0).all()
        assert moves[-1]
    ways = np.sign(np.diff(array[places]))
    assert (ways[1:] == -ways[:-1]).all()


def test_the_last_place_of_a_leap_is_the_one_that_sixteen_follow() -> None:
    def leaping(place: int, count: int = 120) -> list[int]:
        return leaps(np.where(np.arange(count) < place, 1.0, 11.0), 10.0).nonzero()[0].tolist()

    assert [leaping(place) for place in (63, 64, 103, 104)] == [[], [64], [103], []]
    assert leaping(64, 80) == []  # too short a series
    assert leaping(64, 81) == [64]


def test_a_leap_of_which_less_than_half_stays_is_none() -> None:
    values = np.ones(200)
    values[100:] = [11.0] + [6.0] * 99
    assert leaps(values, 10.0).nonzero()[0].tolist() == [100]
    values[101:] = 5.9
    assert not leaps(values, 10.0).any()


def test_two_moves_tell_of_noise_and_one_does_not() -> None:
    assert noise_sd(np.array([0.0, 1.0])) == 0.0
    assert noise_sd(np.array([0.0, 1.0, 0.0])) == pytest.approx(1.4826 / np.sqrt(2))


def test_four_medians_have_a_direction_and_three_have_none() -> None:
    assert direction(np.arange(3.0)) == 0.0
    assert direction(np.arange(4.0)) == pytest.approx(5 / np.sqrt(4 * 3 * 13 / 18))
