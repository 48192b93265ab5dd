"""Mirrors ratecraft/schedules/trees/time_transforms.py and cycles.py against loops that count each step."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import UNIT_HORIZON, steps
from ratecraft.schedules.trees.cycles import Cycles, total_length
from ratecraft.schedules.trees.nodes import Quantise, Repeat, Schedule, Seq, Shift, Span

HORIZON = 200
BOUND = st.from_type(Schedule).map(lambda tree: bind(tree, HORIZON))


@given(st.integers(1, 9), st.integers(1, 3), st.floats(0.5, 1.5), st.integers(1, 4))
def test_repeat_is_its_cycles_one_by_one(length: int, growth: int, decay: float, cycles: int) -> None:
    wanted: list[float] = []
    for cycle in range(cycles):
        size = length * growth**cycle
        wanted += [decay**cycle * linear(1, 0.2, size).at(step) for step in range(size)]
    wanted += [decay ** (cycles - 1) * 0.2] * 3
    repeated = linear(1, 0.2, length).repeat(cycles, growth, decay)
    assert [repeated.at(step) for step in range(len(wanted))] == pytest.approx(wanted, rel=1e-12)
    assert repeated.extent(UNIT_HORIZON) == len(wanted) - 3


@pytest.mark.parametrize("growth", [2, 3, 5, 10])
def test_every_boundary_of_growing_cycles_is_hit_up_to_three_million(growth: int) -> None:
    restarts, start, length = cosine(1, 0, 1).repeat(growth=growth), 0, 1
    while start < 3_000_000:
        assert restarts.at(start) == 1.0
        assert start == 0 or restarts.at(start - 1) < 1.0 or length == growth
        start, length = start + length, length * growth


@pytest.mark.parametrize("start", [121, 8191, 100])
def test_the_restarts_that_peers_miss_are_there(start: int) -> None:
    growth, length = {121: (3.0, 1), 8191: (2.0, 1), 100: (1.5, 40)}[start]
    assert cosine(1, 0, length).repeat(growth=growth).at(start) == 1.0


@given(st.integers(1, 400), st.integers(1, 40))
def test_cycles_that_are_no_whole_number_of_steps_fill_the_run_exactly(horizon: int, cycles: int) -> None:
    bound = bind(linear().repeat(cycles), horizon)
    assert bound.extent(UNIT_HORIZON) == horizon
    for step in range(0, horizon, max(1, horizon // 20)):
        place = Fraction(step) * cycles / horizon
        assert bound.at(step) == pytest.approx(float(1 - (place - place.__floor__())), abs=1e-12)


@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 10**6))
def test_the_cycle_of_a_step_is_found_in_exact_arithmetic(numerator: int, denominator: int, step: int) -> None:
    length = Fraction(numerator, denominator)
    cycle, local = Cycles(length, Fraction(1), None).place(step)
    assert cycle == step // length
    assert local == float(step - cycle * length)


def test_a_length_too_fine_for_64_bits_is_exact_too() -> None:
    length = Fraction(10**17 + 1, 10**16)
    import numpy as np

    steps_of = np.array([0, 10, 11, 10**6])
    index, local = Cycles(length, Fraction(1), None).places(steps_of)
    assert index.tolist() == [int(step // length) for step in steps_of.tolist()]
    assert local.tolist() == [float(step - step // length * length) for step in steps_of.tolist()]


@given(st.integers(1, 50), st.sampled_from([Fraction(1), Fraction(2), Fraction(3, 2)]), st.integers(1, 8))
def test_the_length_of_all_cycles_is_their_sum(length: int, growth: Fraction, count: int) -> None:
    assert total_length(Fraction(length), growth, count) == sum(length * growth**cycle for cycle in range(count))


def test_after_its_last_cycle_a_repetition_has_the_value_it_was_given() -> None:
    assert linear(1, 0.5, 2).repeat(2, after=0.1).curve(6).tolist() == [1.0, 0.75, 1.0, 0.75, 0.1, 0.1]


def test_a_bound_repetition_holds_the_end_of_its_last_cycle_and_not_the_beginning_of_one_more() -> None:
    bound = bind(linear(1, 0.5, 50).repeat(), HORIZON)
    assert (bound.at(150), bound.at(199), bound.at(200), bound.at(10**6)) == (1.0, 0.51, 0.5, 0.5)
    assert bind(linear(1, 0, 80).repeat(), HORIZON).at(200) == 0.5


def test_a_repetition_without_end_goes_on_where_it_is_not_bound() -> None:
    assert linear(1, 0, 4).repeat().at(10**12 + 2) == 0.5


@pytest.mark.parametrize("horizon", [0, 1, 2])
def test_repetitions_are_right_in_the_shortest_runs(horizon: int) -> None:
    assert bind(cosine().repeat(3), horizon).curve(4).tolist() == bind(cosine().repeat(3), horizon).curve(4).tolist()
    assert bind(linear().repeat(), horizon).at(0) == (1.0 if horizon else 0.0)


@given(BOUND, st.integers(-9, 9), st.integers(0, HORIZON))
def test_shifted_is_the_value_of_a_later_step(tree: Schedule, by: int, step: int) -> None:
    assert tree.shifted(by).at(step) == tree.at(max(step + by, 0))


@given(BOUND, st.integers(1, 9), st.integers(0, HORIZON - 1))
def test_quantised_is_the_value_of_the_stairs_first_step(tree: Schedule, every: int, step: int) -> None:
    end = int(tree.extent(UNIT_HORIZON) or 0)
    assert tree.quantise(every).at(step) == tree.at(min(step, end) // every * every)


@given(BOUND, st.integers(0, HORIZON), st.integers(0, 2 * HORIZON))
def test_lasting_holds_the_value_there(tree: Schedule, length: int, step: int) -> None:
    assert tree.lasting(length).at(step) == tree.at(min(step, length))


def test_a_schedule_can_be_cut_and_followed_by_another() -> None:
    cut = cosine(1, 0, 100).lasting(2) >> constant(0.5)
    assert cut.curve(4).tolist() == [1.0, cosine(1, 0, 100).at(1), 0.5, 0.5]


def test_stairs_of_a_fraction_of_steps_begin_where_they_should() -> None:
    stairs = linear(0, 10, 10).quantise(steps(5, 2))
    assert stairs.curve(8).tolist() == [0.0, 0.0, 0.0, 2.5, 2.5, 5.0, 5.0, 5.0]


def test_an_exponential_in_stairs_goes_on_without_end() -> None:
    assert exponential(0.1, 30).quantise(30).at(95) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Repeat(warmup(3), 0), "`cycles` must be a whole number from 1"),
        (lambda: Repeat(warmup(3), growth=0.5), "`growth` must lie between 1 and 1000; got 0.5"),
        (lambda: Repeat(warmup(3), growth=1.0001), "With a growth of 1, filling .* more than 1000"),
        (lambda: Repeat(warmup(3), decay=0), "`decay` must be greater than 0; got 0"),
        (lambda: Repeat(warmup(3), after=float("nan")), "`after` of a schedule must be a finite number"),
        (lambda: Shift(warmup(3), "x"), "`by` is the length"),  # pyright: ignore[reportArgumentType]
        (lambda: Quantise(warmup(3), 0), "`every` must be a whole number from 1"),
        (lambda: Span(warmup(3), -1), "`length` is the length"),
        (lambda: Span(3, 1), "made of schedules; got 3"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_what_means_nothing_is_refused(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        build()


def test_a_join_within_a_cycle_is_read_in_any_order() -> None:
    tree = Seq((linear(0, 1, 3), constant(0.5, 2), linear(1, 0, 2))).repeat(growth=1.5)
    assert tree.curve(60).tolist() == [tree.at(step) for step in range(60)]
