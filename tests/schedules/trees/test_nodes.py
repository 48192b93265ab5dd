"""Mirrors ratecraft/schedules/trees/nodes.py."""

import copy
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import UNIT_HORIZON
from ratecraft.schedules.trees.nodes import Affine, Mul, Schedule, Seq
from ratecraft.schedules.trees.tree import DEEPEST

HORIZON = 200
TREES = st.from_type(Schedule)
BOUND = TREES.map(lambda tree: bind(tree, HORIZON))
STEPS = st.integers(0, 2 * HORIZON)


@given(BOUND, st.integers(0, 5))
def test_scalar_and_curve_agree(tree: Schedule, first: int) -> None:
    values = [tree.at(first + step) for step in range(HORIZON + 20)]
    assert tree.curve(HORIZON + 20, first).tolist() == pytest.approx(
        values, rel=1e-12, abs=1e-12 * max(map(abs, values))
    )


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.integers(0, 9), st.integers(0, 2)), min_size=2))
def test_scalar_and_curve_of_lines_have_the_same_bits(ways: list[tuple[float, float, int, int]]) -> None:
    tree = 0.1 * Seq(tuple(linear(start, to, length, offset=offset) for start, to, length, offset in ways)) + 0.3
    assert tree.curve(300).tolist() == [tree.at(step) for step in range(300)]


@given(BOUND)
def test_the_end_is_held(tree: Schedule) -> None:
    assert set(tree.curve(50, first=HORIZON).tolist()) == {tree.at(HORIZON)}


@given(BOUND, STEPS)
def test_a_value_is_a_finite_plain_float(tree: Schedule, step: int) -> None:
    value = tree.at(step)
    assert type(value) is float
    assert math.isfinite(value)


@given(BOUND, BOUND, BOUND)
def test_joining_is_associative(a: Schedule, b: Schedule, c: Schedule) -> None:
    assert ((a >> b) >> c) == (a >> (b >> c))


@given(BOUND, BOUND, STEPS)
def test_a_join_is_its_first_part_and_then_its_second_from_its_own_step_zero(
    a: Schedule, b: Schedule, step: int
) -> None:
    length = int(a.extent(UNIT_HORIZON) or 0)
    assert (a >> b).at(step) == (a.at(step) if step < length else b.at(step - length))


@given(BOUND, BOUND, STEPS)
def test_multiplication_is_pointwise(a: Schedule, b: Schedule, step: int) -> None:
    assert (a * b).at(step) == pytest.approx(a.at(step) * b.at(step), rel=1e-15, abs=1e-300)


@given(BOUND, st.floats(-5, 5), st.floats(-5, 5), STEPS)
def test_scaling_and_lifting_are_pointwise(tree: Schedule, scale: float, shift: float, step: int) -> None:
    assert (scale * tree).at(step) == scale * tree.at(step)
    assert (tree + shift).at(step) == pytest.approx(tree.at(step) + shift, abs=1e-12)
    assert (tree - shift) == (tree + -shift)


@given(TREES)
def test_equal_trees_hash_alike(tree: Schedule) -> None:
    twin = copy.deepcopy(tree)
    assert twin == tree
    assert hash(twin) == hash(tree)


@given(TREES)
def test_a_tree_survives_being_pickled(tree: Schedule) -> None:
    assert pickle.loads(pickle.dumps(tree)) == tree  # noqa: S301


def test_a_rate_times_a_shape_has_the_bits_of_absolute_rates() -> None:
    rate = 0.0123456789
    shaped = rate * (warmup(7) >> constant(1, 31) >> linear(1, 0, 59))
    absolute = rate * warmup(7) >> constant(rate, 31) >> linear(rate, 0, 59)
    assert shaped.curve(100).tolist() == absolute.curve(100).tolist()


def test_a_branch_equals_its_trunk_before_the_branch_step() -> None:
    rate, leave = 0.037, 60
    trunk = rate * warmup(8) >> constant(rate)
    branch = rate * warmup(8) >> constant(rate, leave - 8) >> linear(rate, 0, 20)
    assert branch.curve(leave).tolist() == trunk.curve(leave).tolist()


def test_a_second_constant_rate_is_exact() -> None:
    schedule = 0.1 * warmup(2) >> constant(0.1, 3) >> constant(0.07, 2) >> linear(0.07, 0, 2)
    assert schedule.curve(11).tolist() == [0.05, 0.1, 0.1, 0.1, 0.1, 0.07, 0.07, 0.07, 0.035, 0.0, 0.0]


def test_a_part_of_no_steps_is_skipped() -> None:
    assert (warmup(0) >> constant(0.5, 2) >> linear(1, 0, 0)).curve(4).tolist() == [0.5, 0.5, 0.0, 0.0]


def test_a_last_part_without_a_length_needs_no_horizon() -> None:
    assert (warmup(2) >> constant(1)).curve(4).tolist() == [0.5, 1.0, 1.0, 1.0]


def test_a_product_holds_the_ends_of_its_factors() -> None:
    assert (warmup(2) * linear(1, 0.5, 4)).curve(6).tolist() == [0.5, 0.875, 0.75, 0.625, 0.5, 0.5]


@pytest.mark.parametrize(
    "schedule",
    [
        cosine(),
        warmup(0.1),
        warmup(8) >> cosine(),
        constant(1) >> linear(1, 0, 5),
        0.5 * cosine(),
        warmup(2) * cosine(),
    ],
)
def test_an_unbound_tree_refuses_to_be_read_and_says_how_to_bind_it(schedule: Schedule) -> None:
    with pytest.raises(InvalidInput, match="has no values yet") as caught:
        schedule.at(0)
    assert "bind(schedule, horizon)" in caught.value.hint()
    with pytest.raises(InvalidInput, match="has no values yet"):
        schedule.curve(3)


@pytest.mark.parametrize("step", [-1, 0.5, None, "3"])
def test_a_step_that_is_no_whole_number_is_refused(step: object) -> None:
    with pytest.raises(InvalidInput, match="`step` must be a whole number from 0"):
        constant(1).at(step)  # pyright: ignore[reportArgumentType]


def test_a_value_beyond_float64_is_an_error_that_names_the_step() -> None:
    with pytest.raises(InvalidInput, match=r"At step 5000, the value of `exponential\(2\)`"):
        exponential(2).at(5000)
    with pytest.raises(InvalidInput, match=r"At step 1024, the value of `exponential\(2\)`"):
        exponential(2).curve(2000, first=10)


def test_infinity_times_zero_is_an_error_and_not_nan() -> None:
    with pytest.raises(InvalidInput, match="At step 2000"):
        (exponential(2) * constant(0)).at(2000)


def test_two_parts_that_take_the_rest_are_refused_when_joined() -> None:
    with pytest.raises(InvalidInput, match=r"Both `constant\(1\)` and `cosine\(1, 0\)` take the rest"):
        _ = constant(1) >> cosine()


@pytest.mark.parametrize("kind", [Seq, Mul])
def test_a_join_or_product_of_one_is_refused(kind: type[Seq | Mul]) -> None:
    with pytest.raises(InvalidInput, match="needs at least 2 schedules; got 1"):
        kind((constant(1),))


@pytest.mark.parametrize(
    "build",
    [lambda: Seq((constant(1, 2), 0.1)), lambda: Mul(3), lambda: Affine(2, "a")],  # pyright: ignore
)
def test_a_part_that_is_no_schedule_is_refused(build: Callable[[], Schedule]) -> None:
    with pytest.raises(InvalidInput, match="made of schedules; got"):
        build()


@pytest.mark.parametrize(
    "wrong",
    [lambda s: s >> 0.1, lambda s: s * "2", lambda s: s + s, lambda s: s - s, lambda s: np.ones(2) * s],  # pyright: ignore
)
def test_operators_refuse_what_they_cannot_take(wrong: Callable[[Schedule], object]) -> None:
    with pytest.raises(TypeError, match=r"unsupported operand|multiply sequence|does not support"):
        wrong(constant(1, 2))


def test_a_number_of_numpy_scales_from_the_left() -> None:
    assert np.float64(0.5) * constant(1) == 0.5 * constant(1)


def test_a_tree_deeper_than_the_limit_is_refused() -> None:
    deepest = reduce(lambda tree, _: 0.5 * tree, range(DEEPEST - 1), constant(1))
    assert deepest.at(0) == 0.5 ** (DEEPEST - 1)
    with pytest.raises(InvalidInput, match=f"more than {DEEPEST} levels deep"):
        _ = 0.5 * deepest


def test_a_long_join_is_no_deep_tree() -> None:
    assert Seq(tuple(constant(part, 1) for part in range(5000))).at(4321) == 4321


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [
        (0.05 * (warmup(8) >> constant(1, 392) >> linear(1, 0, 600)), None),
        (0.1 * warmup(8) >> constant(0.1, 5) >> linear(0.1, 0, 7), None),
        (0.5 * cosine() * exponential(0.9), "0.5 * cosine(1, 0) * exponential(0.9)"),
        (cosine() * (0.5 * exponential(0.9, 1, 5)), "cosine(1, 0) * (0.5 * exponential(0.9, 1, 5))"),
        (0.9 * cosine(1, 0.1, 0.5) + 0.1, "0.9 * cosine(1, 0.1, 0.5) + 0.1"),
        (cosine() - 1e-5, "cosine(1, 0) - 1e-05"),
        (linear(0.2, 1, 8, offset=1), "linear(0.2, 1, 8, offset=1)"),
        ((warmup(2) >> constant(1)) * 2 + 1, "2 * (warmup(2) >> constant(1)) + 1"),
        (warmup(), "warmup()"),
    ],
)
def test_a_tree_is_written_as_people_would_write_it(schedule: Schedule, expression: str | None) -> None:
    names = {each.__name__: each for each in (constant, cosine, exponential, linear, warmup)}
    assert eval(repr(schedule), names) == schedule  # noqa: S307
    assert repr(schedule) == (expression or repr(schedule))


def test_importing_schedules_loads_neither_numpy_nor_torch() -> None:
    code = "import sys, ratecraft.schedules; print(sorted({'numpy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_curve_that_no_memory_holds_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidInput, match="A curve of 1000000000000 values does not fit into memory"):
        constant(1.0, 10).curve(10**12)
