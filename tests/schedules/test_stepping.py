"""Mirrors ratecraft/schedules/stepping.py: the third reading equals the first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.constructors import cosine, linear, warmup
from ratecraft.schedules.cyclic import cosine_restarts, exp_range, triangular, triangular2
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.nodes import Schedule, Seq
from ratecraft.schedules.stepping import stepper

HORIZON = 200
BOUND = st.from_type(Schedule).map(lambda tree: bind(tree, HORIZON))
STEPS = st.lists(st.integers(0, 2 * HORIZON), max_size=60)


@given(BOUND, STEPS)
def test_the_function_has_the_bits_of_the_scalar_in_whatever_order_it_is_asked(
    tree: Schedule, steps: list[int]
) -> None:
    value = stepper(tree)
    assert [value(step) for step in steps] == [tree.at(step) for step in steps]


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
    ],
    ids=repr,
)
def test_the_function_of_a_usual_schedule_has_the_bits_of_the_scalar(schedule: Schedule) -> None:
    bound = bind(schedule, HORIZON)
    value = stepper(bound)
    assert [value(step) for step in range(300)] == [bound.at(step) for step in range(300)]


def test_ten_thousand_parts_are_read_in_any_order() -> None:
    tree = Seq(tuple(linear(index, index + 1, 3) for index in range(10_000)))
    value = stepper(tree)
    assert [value(step) for step in (29_999, 0, 15_000, 14_999)] == [
        tree.at(step) for step in (29_999, 0, 15_000, 14_999)
    ]


def test_an_unbound_schedule_has_no_function_yet() -> None:
    with pytest.raises(InvalidInput, match="has no values yet"):
        stepper(cosine())
