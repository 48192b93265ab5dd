"""Mirrors ratecraft/schedules/trees/combinations.py: the least and the largest. Joins are tested in test_nodes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import UNIT_HORIZON
from ratecraft.schedules.trees.nodes import Max, Min, Schedule

BOUND = st.from_type(Schedule).map(lambda tree: bind(tree, 200))
STEPS = st.integers(0, 400)


@given(BOUND, BOUND, STEPS)
def test_least_and_largest_are_pointwise(one: Schedule, other: Schedule, step: int) -> None:
    assert one.min(other).at(step) == min(one.at(step), other.at(step))
    assert one.max(other).at(step) == max(one.at(step), other.at(step))


@given(BOUND, st.floats(-2, 2), st.floats(-2, 2), STEPS)
def test_between_never_leaves_its_limits(tree: Schedule, one: float, other: float, step: int) -> None:
    low, high = sorted((one, other))
    assert tree.between(low, high).at(step) == min(max(tree.at(step), low), high)


@given(BOUND, BOUND, BOUND)
def test_least_of_least_is_one_flat_least(a: Schedule, b: Schedule, c: Schedule) -> None:
    assert a.min(b).min(c) == a.min(b.min(c)) == Min((a, b, c))
    assert a.max(b).max(c) == Max((a, b, c))


def test_a_number_has_no_length_of_its_own() -> None:
    floored = cosine(1, 0, 10).max(0.1)
    assert floored.extent(UNIT_HORIZON) == 10
    assert (floored >> constant(0.5)).at(10) == 0.5


def test_what_is_no_number_is_not_passed_over() -> None:
    with pytest.raises(InvalidInput, match="At step 2000"):
        (exponential(2) * constant(0)).min(1.0).at(2000)


@pytest.mark.parametrize("wrong", [lambda: warmup(3).min("a"), lambda: warmup(3).max(None), lambda: warmup(3).min()])
def test_only_schedules_and_numbers_are_compared(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=r"made of schedules; got|needs at least 2 schedules"):
        wrong()


def test_affine_is_a_line_of_the_values() -> None:
    assert linear(1, 0, 4).affine(2, 1) == 2 * linear(1, 0, 4) + 1


def test_ten_thousand_parts_cost_a_logarithm() -> None:
    """Counted, not timed: the parts that are asked."""
    asked: list[int] = []

    def part(index: int) -> Schedule:
        from ratecraft.schedules.builders.constructors import function

        return function(f"part_{index}", lambda step: asked.append(index) or float(index), 3)

    from ratecraft.schedules.trees.nodes import Seq

    assert Seq(tuple(map(part, range(10_000)))).at(15_000) == 5000.0
    assert asked == [5000]
