"""Mirrors ratecraft/schedules/horizon.py."""

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import step, wsd
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind, own_length
from ratecraft.schedules.lengths import UNIT_HORIZON, epochs, samples, steps, tokens
from ratecraft.schedules.trees.nodes import Schedule, Seq

HORIZON = 200
TREES = st.from_type(Schedule)


@given(TREES)
def test_binding_twice_changes_nothing(tree: Schedule) -> None:
    bound = bind(tree, HORIZON)
    assert bind(bound, HORIZON) == bound


@given(TREES)
def test_a_bound_tree_needs_no_horizon_and_ends_within_it(tree: Schedule) -> None:
    bound = bind(tree, HORIZON)
    extent = bound.extent(UNIT_HORIZON)
    assert not bound.needs_horizon
    assert extent is not None
    assert 0 <= extent <= HORIZON + Fraction(1, 2)  # steps(5, 2) may end between two steps


@given(TREES, TREES)
def test_a_tree_that_takes_the_rest_ends_at_the_horizon(first: Schedule, second: Schedule) -> None:
    resting = [tree for tree in (first, second, first * constant(1)) if tree.extent(UNIT_HORIZON) is None]
    ends = [bind(tree, HORIZON).extent(UNIT_HORIZON) or 0 for tree in resting]
    assert all(HORIZON <= end <= HORIZON + Fraction(1, 2) for end in ends)  # after the rest, steps(1, 2) ends between


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=12), st.integers(0, 5000))
def test_shares_of_everything_add_up_to_the_horizon(sizes: list[float], horizon: int) -> None:
    shares = [size / sum(sizes) for size in sizes]
    bound = bind(Seq(tuple(constant(1, share) for share in shares)), horizon)
    assert bound.extent(UNIT_HORIZON) == horizon


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=12), st.integers(0, 5000))
def test_every_joint_is_within_half_a_step_of_its_exact_place(sizes: list[float], horizon: int) -> None:
    shares = [size / sum(sizes) for size in sizes]
    bound = bind(Seq(tuple(constant(1, share) for share in shares)), horizon)
    place = Fraction()
    assert isinstance(bound, Seq)
    for start, share in zip(bound.starts, shares, strict=True):
        assert abs(start - place) <= Fraction(1, 2)
        place += Fraction(repr(share)) * horizon


@pytest.mark.parametrize(
    ("horizon", "bound"),
    [
        (0, "warmup(0) >> constant(1, 0) >> linear(1, 0, 0)"),
        (1, "warmup(0) >> constant(1, 0) >> linear(1, 0, 1)"),
        (2, "warmup(0) >> constant(1, 1) >> linear(1, 0, 1)"),
        (1000, "warmup(50) >> constant(1, 350) >> linear(1, 0, 600)"),
    ],
)
def test_the_usual_schedule_is_right_for_any_horizon(horizon: int, bound: str) -> None:
    assert repr(bind(wsd(0.05, 0.6), horizon)) == bound


@pytest.mark.parametrize(
    ("horizon", "curve"), [(0, [0.0, 0.0, 0.0]), (1, [1.0, 0.0, 0.0]), (2, [1.0, 0.5, 0.0]), (3, [1.0, 2 / 3, 1 / 3])]
)
def test_a_line_to_zero_is_right_for_the_shortest_runs(horizon: int, curve: list[float]) -> None:
    assert bind(linear(), horizon).curve(3).tolist() == curve


def test_a_share_is_one_of_the_whole_run_however_deep_it_stands() -> None:
    bound = bind(constant(1, 100) >> 0.5 * (warmup(0.05) >> linear(1, 0)), 1000)
    assert repr(bound) == "constant(1, 100) >> 0.5 * (warmup(50) >> linear(1, 0, 850))"


def test_a_factor_without_a_length_lasts_as_long_as_its_product() -> None:
    bound = bind(warmup(10) * exponential(0.5, every=0.25) >> constant(0.1, 0.2), 100)
    assert repr(bound) == "warmup(10) * exponential(0.5, 25, 80) >> constant(0.1, 20)"


def test_a_tree_in_steps_may_end_before_the_horizon() -> None:
    assert bind(warmup(8) >> linear(1, 0, 92), 1000) == warmup(8) >> linear(1, 0, 92)


def test_shares_that_are_cut_decimals_of_thirds_fill_the_run() -> None:
    assert bind(step(1 / 3, 0.1, 2), 999) == constant(1, 333) >> constant(0.1, 333) >> constant(0.01, 333)


@pytest.mark.parametrize(
    "schedule",
    [warmup(100), warmup(100) >> cosine(), warmup(0.7) >> linear(1, 0, 0.8), cosine() * warmup(100), 0.5 * warmup(100)],
)
def test_a_schedule_longer_than_the_horizon_is_refused(schedule: Schedule) -> None:
    with pytest.raises(InvalidInput, match=r"ends (50|25) steps too late: the run has 50 steps"):
        bind(schedule, 50)


@pytest.mark.parametrize("horizon", [-1, 0.5, None])
def test_a_horizon_that_is_no_whole_number_is_refused(horizon: object) -> None:
    with pytest.raises(InvalidInput, match="`horizon` must be a whole number from 0"):
        bind(cosine(), horizon)  # pyright: ignore[reportArgumentType]


def test_epochs_samples_and_tokens_become_steps_whose_joints_are_rounded() -> None:
    tree = warmup(epochs(1.5)) >> constant(1, tokens(1e6)) >> constant(2, samples(6400)) >> linear(1, 0)
    bound = bind(tree, 1000, steps_per_epoch=33, batch_size=64, tokens_per_step=4096)
    assert repr(bound) == "warmup(50) >> constant(1, 244) >> constant(2, 100) >> linear(1, 0, 606)"


def test_an_epoch_need_not_be_a_whole_number_of_steps() -> None:
    parts = Seq(tuple(constant(index, epochs(1)) for index in range(4)))
    bound = bind(parts, 10, steps_per_epoch=2.5)
    assert isinstance(bound, Seq)
    assert bound.starts == (0, 3, 5, 8)
    assert bound.extent(UNIT_HORIZON) == 10


def test_stairs_and_paces_may_be_counted_in_epochs() -> None:
    bound = bind(exponential(0.95, epochs(1)).quantise(epochs(1)), 100, steps_per_epoch=10)
    assert repr(bound) == "exponential(0.95, 10, 100).quantise(10)"
    assert bind(exponential(0.5, tokens(2048)), 100, tokens_per_step=1024).at(4) == 0.25


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (
            warmup(epochs(2)),
            r"`epochs\(2\)` is a length in epochs, but the number of optimizer steps per epoch is not known",
        ),
        (cosine().quantise(epochs(1)), r"`epochs\(1\)` is a length in epochs"),
        (warmup(samples(500)), r"`samples\(500\)` is a length in samples, but the number"),
        (warmup(tokens(1e9)), r"`tokens\(1000000000\)` is a length in tokens, but the number"),
    ],
)
def test_a_length_that_nothing_measures_is_refused_with_what_to_give(tree: Schedule, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        bind(tree, 100)
    assert re.search(r"--(steps-per-epoch|batch-size|tokens-per-step) \d+ on the command line", caught.value.hint())


def test_the_longest_of_bound_schedules_with_an_end_decides_how_long_they_last() -> None:
    assert own_length(bind(cosine(), 500), constant(0.9), linear(1, 0, steps(1001, 2))) == 501


def test_how_long_they_last_is_not_guessed() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        own_length(cosine())
    with pytest.raises(InvalidInput, match="has no end of its own") as caught:
        own_length(constant(0.1))
    assert "steps=10000" in caught.value.hint()


@pytest.mark.parametrize("steps_per_epoch", [0, -1, float("nan"), "10"])
def test_an_epoch_has_steps(steps_per_epoch: Any) -> None:
    with pytest.raises(InvalidInput, match="`steps_per_epoch` "):
        bind(warmup(epochs(2)), 100, steps_per_epoch=steps_per_epoch)


def test_fractions_of_steps_stay_as_they_are() -> None:
    tree = linear(0, 1, steps(29, 3)) >> linear(1, 0)
    assert repr(bind(tree, 100)) == "linear(0, 1, steps(29, 3)) >> linear(1, 0, steps(271, 3))"


def test_a_schedule_that_takes_the_rest_within_a_cut_fills_the_cut() -> None:
    assert repr(bind((warmup(2) >> constant(1)).lasting(0.5), 20)) == "(warmup(2) >> constant(1, 8)).lasting(10)"


@given(TREES, TREES, st.integers(1, 30), st.integers(1, HORIZON))
def test_what_is_cut_off_is_as_it_would_be_uncut(
    first: Schedule, second: Schedule, milestone: int, length: int
) -> None:
    """Another library's sequence is often longer than the time that it is given; its head stays what it was."""
    whole = bind(first, HORIZON).lasting(milestone) >> bind(second, HORIZON).lasting(2 * HORIZON)
    cut = bind(whole.lasting(length), length)
    assert cut.curve(length).tolist() == whole.curve(length).tolist()


def test_what_is_cut_off_keeps_its_shares() -> None:
    assert repr(bind((constant(1, 0.8) >> linear(1, 0, 0.8)).lasting(0.9), 100)) == (
        "(constant(1, 80) >> linear(1, 0, 80)).lasting(90)"
    )
    cut = (linear(1, 0, 9).lasting(8) >> constant(0.5, 70) >> constant(0.1)).lasting(20)
    assert bind(cut, 100) == (linear(1, 0, 9).lasting(8) >> constant(0.5, 70) >> constant(0.1, 0)).lasting(20)
