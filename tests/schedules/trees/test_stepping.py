"""Mirrors ratecraft/schedules/trees/stepping.py: what nodes compile themselves into equals what they plainly are."""

import copy
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import inverse_sqrt, noam, step
from ratecraft.schedules.builders.constructors import cosine, exponential, linear, warmup
from ratecraft.schedules.builders.cyclic import cosine_restarts, exp_range, triangular, triangular2
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import steps
from ratecraft.schedules.trees.nodes import Schedule, Seq

HORIZON = 200
BOUND = st.from_type(Schedule).map(lambda tree: bind(tree, HORIZON))
STEPS = st.lists(st.integers(0, 2 * HORIZON), max_size=60)


@given(BOUND, STEPS)
def test_every_reading_has_the_bits_of_the_plain_one_in_whatever_order_it_is_asked(
    tree: Schedule, steps: list[int]
) -> None:
    plain = [tree.value_at(step) for step in steps]
    value = tree.stepper()
    assert [tree.at(step) for step in steps] == plain
    assert [value(step) for step in steps] == plain


def test_stairs_over_cycles_of_a_fine_length_have_the_bits_of_the_plain_reading() -> None:
    length = steps(10421148049016643, 5000000000000000)
    cycle = linear(0, 1, length) >> linear(1, 0, length)
    tree = bind((linear(0, 1, 9) >> (0.75 * cycle.repeat(decay=0.5, length=9) + 0.25)).quantise(1), HORIZON)
    assert [tree.at(place) for place in range(20)] == [tree.value_at(place) for place in range(20)]


@pytest.mark.parametrize(
    "schedule",
    [
        0.1 * (warmup(7) >> cosine(1, 0.1)),
        cosine_restarts(17, decay=0.7, to=0.1),
        cosine_restarts(10, growth=2, cycles=3),
        triangular(7),
        triangular2(8),
        exp_range(10, 0.98),
        cosine(1, 0, 40, after="extend") * linear(1, 0.5, 70, after="reflect"),
        linear(1, 0, 10, offset=-3) + 0.5,
        2.0 * (0.3 * cosine() + 0.1) - 0.1,
        0.1 * inverse_sqrt(20),
        noam(512, 40),
        step(30, 0.1),
        step(0.01, 0.3) * exponential(0.5, 100, 50) + 0.1,
    ],
    ids=repr,
)
def test_a_usual_schedule_has_the_bits_of_the_plain_reading(schedule: Schedule) -> None:
    bound = bind(schedule, HORIZON)
    assert [bound.at(step) for step in range(300)] == [bound.value_at(step) for step in range(300)]


def test_ten_thousand_parts_are_read_in_any_order() -> None:
    tree = Seq(tuple(linear(index, index + 1, 3) for index in range(10_000)))
    for place in (29_999, 0, 15_000, 14_999):
        assert tree.at(place) == tree.value_at(place)


def test_threads_that_read_one_schedule_at_different_places_have_their_own_values() -> None:
    tree = Seq(tuple(linear(index, index + 1, 3) for index in range(1000)))
    wrong: list[int] = []

    def read(first: int) -> None:
        wrong.extend(step for step in range(first, 3000, 7) if tree.at(step) != tree.value_at(step))

    threads = [threading.Thread(target=read, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@given(BOUND)
def test_having_been_read_is_no_part_of_a_schedule(tree: Schedule) -> None:
    unread = copy.deepcopy(tree)
    tree.at(0)
    assert tree == unread
    assert hash(tree) == hash(unread)
    assert repr(tree) == repr(unread)
    for other in (copy.copy(tree), copy.deepcopy(tree), pickle.loads(pickle.dumps(tree))):  # noqa: S301 - our own bytes
        assert other == tree
        assert other.at(7) == tree.at(7)


def test_a_growth_beyond_numbers_is_an_error_of_ours() -> None:
    tree = linear(1, 1, 2).repeat(decay=1e10)
    assert tree.stepper()(100) == float("inf")
    with pytest.raises(InvalidInput, match=r"At step 100, .* is not a number, or too large"):
        tree.at(100)


def test_an_unbound_schedule_has_no_function_yet() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        cosine().stepper()
