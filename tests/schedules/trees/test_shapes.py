"""Mirrors ratecraft/schedules/trees/shapes.py."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.trees.shapes import (
    SHAPES,
    Cosine,
    Geometric,
    Linear,
    Polynomial,
    Rex,
    Saturating,
    Shape,
    Tanh,
    shape_of,
)

_WAYS = st.integers(1, 10**6).flatmap(lambda length: st.tuples(st.integers(0, length), st.just(length)))
_POWERS = st.floats(0.1, 5)
_ENDING = st.one_of(
    st.sampled_from([*SHAPES.values()]),
    st.builds(Cosine, st.just(0.5), _POWERS, _POWERS),
    st.builds(Polynomial, _POWERS, _POWERS),
    st.builds(Saturating, st.floats(0.01, 0.99)),
    st.builds(Tanh, st.floats(-9, -0.1), st.floats(0.1, 9)),
)


@given(_ENDING)
def test_a_shape_goes_from_exactly_0_to_exactly_1(shape: Shape) -> None:
    assert shape.weights(0.0, 1.0) == (0.0, 1.0)
    rise, fall = shape.weights(1.0, 0.0)
    assert (rise, fall) == pytest.approx((1.0, 0.0), abs=2e-16)


@given(_ENDING, _WAYS)
def test_weights_are_shares_that_sum_to_one(shape: Shape, way: tuple[int, int]) -> None:
    done, length = way
    rise, fall = shape.weights(done / length, (length - done) / length)
    assert -1e-15 <= rise <= 1 + 1e-15
    assert rise + fall == pytest.approx(1, abs=1e-15)


@given(_ENDING, st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_a_shape_never_turns_back(shape: Shape, places: list[float]) -> None:
    rises = [shape.weights(place, 1 - place)[0] for place in sorted(places)]
    assert all(later >= earlier - 1e-14 for earlier, later in pairwise(rises))


@given(_WAYS)
def test_linear_weights_are_the_shares_done_and_left(way: tuple[int, int]) -> None:
    done, length = way
    assert Linear().weights(done / length, (length - done) / length) == (done / length, (length - done) / length)


@given(_WAYS)
def test_cosine_weights_are_those_of_the_cosine_of_math(way: tuple[int, int]) -> None:
    done, length = way
    rise, fall = Cosine().weights(done / length, (length - done) / length)
    assert rise == pytest.approx((1 - math.cos(math.pi * done / length)) / 2, abs=1e-15)
    assert fall == pytest.approx((1 + math.cos(math.pi * done / length)) / 2, abs=1e-15)


@given(st.floats(0, 3), st.floats(0.1, 4))
def test_waves_are_counted_in_full_waves(done: float, waves: float) -> None:
    rise, fall = Cosine(waves).weights(done, 1 - done)
    assert rise == pytest.approx((1 - math.cos(2 * math.pi * waves * done)) / 2, abs=1e-13)
    assert rise + fall == pytest.approx(1)


@given(st.floats(0, 1), _POWERS, _POWERS)
def test_powers_and_bends_are_the_peers_formulas(done: float, power: float, bend: float) -> None:
    _, fall = Cosine(power=power).weights(done, 1 - done)
    assert fall == pytest.approx(((1 + math.cos(math.pi * done)) / 2) ** power, abs=1e-13)
    _, fall = Cosine(bend=bend).weights(done, 1 - done)
    assert fall == pytest.approx((1 + math.cos(math.pi * done**bend)) / 2, abs=1e-13)
    _, fall = Polynomial(power, bend).weights(done, 1 - done)
    assert fall == pytest.approx((1 - done**bend) ** power, abs=1e-13)


@given(st.floats(0, 1))
def test_the_papers_formulas_are_kept(done: float) -> None:
    left = 1 - done
    assert Rex().weights(done, left)[1] == pytest.approx(left / (0.5 + 0.5 * left), abs=1e-14)
    assert shape_of("1-sqrt").weights(done, left)[1] == pytest.approx(1 - math.sqrt(done), abs=1e-14)
    assert Saturating(0.2).weights(done, left)[1] == pytest.approx((0.2**done - 0.2) / 0.8, abs=1e-14)
    unstretched = 0.5 * (1 - math.tanh(-7 * left + 3 * done))
    first, last = (0.5 * (1 - math.tanh(end)) for end in (-7, 3))
    assert Tanh().between(first, last, done, left) == pytest.approx(unstretched, abs=1e-14)


@given(st.floats(0, 1))
def test_geometric_has_equal_ratios_at_equal_distances(done: float) -> None:
    assert Geometric().between(1e-4, 1.0, done, 1 - done) == pytest.approx(10 ** (-4 * (1 - done)))
    assert Geometric().between(-1e-4, -1.0, done, 1 - done) == pytest.approx(-(10 ** (-4 * (1 - done))))


@given(_ENDING)
def test_arrays_and_numbers_agree(shape: Shape) -> None:
    done = np.linspace(0, 1, 57)
    array = shape.between(0.5, 2.0, done, 1 - done, np)
    numbers = [shape.between(0.5, 2.0, each, 1 - each) for each in done.tolist()]
    assert array.tolist() == pytest.approx(numbers, rel=1e-13)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_can_be_given_by_its_name(name: str) -> None:
    assert shape_of(name) == SHAPES[name]


def test_only_linear_cosine_and_geometric_go_on_beyond_their_end() -> None:
    assert [name for name, shape in SHAPES.items() if shape.goes_on] == ["linear", "cosine", "geometric"]
    assert not Cosine(bend=2).goes_on


@pytest.mark.parametrize("value", ["sine", None, 3, []])
def test_an_unknown_shape_is_refused_with_the_known_ones(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"There is no shape .*; allowed: linear, cosine, polynomial, 1-sqrt, rex"):
        shape_of(value)


@pytest.mark.parametrize("number", [0, -1, float("nan"), 1e7])
def test_the_numbers_of_a_shape_are_positive_and_no_larger_than_a_million(number: float) -> None:
    with pytest.raises(InvalidInput, match=r"`power` .*(greater than 0|finite|between 0 and 1e\+06)"):
        Polynomial(number)


def test_a_tangent_that_does_not_rise_and_a_ratio_outside_are_refused() -> None:
    with pytest.raises(InvalidInput, match="tanh must rise from `low` to `high`; got low 3 and high -7"):
        Tanh(3, -7)
    with pytest.raises(InvalidInput, match="`ratio` must lie between 0 and 1; got 1"):
        Saturating(1.0)
