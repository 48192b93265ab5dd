"""Mirrors ratecraft/schedules/shapes.py."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.schedules.shapes import SHAPES, Shape, array_weights, weights

_WAYS = st.integers(1, 10**6).flatmap(lambda length: st.tuples(st.integers(0, length), st.just(length)))


@given(_WAYS)
def test_linear_weights_are_the_shares_gone_and_left(way: tuple[int, int]) -> None:
    done, length = way
    assert weights("linear", done, length) == (done / length, (length - done) / length)


@given(_WAYS)
def test_cosine_weights_are_those_of_the_cosine_of_math(way: tuple[int, int]) -> None:
    done, length = way
    rise, fall = weights("cosine", done, length)
    assert rise == pytest.approx(math.sin(math.pi / 2 * (done / length)) ** 2, rel=1e-15 * 8, abs=1e-300)
    assert fall == pytest.approx(math.sin(math.pi / 2 * ((length - done) / length)) ** 2, rel=1e-15 * 8, abs=1e-300)
    assert fall == pytest.approx((1 + math.cos(math.pi * done / length)) / 2, abs=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
@given(_WAYS)
def test_weights_are_shares_that_sum_to_one(shape: Shape, way: tuple[int, int]) -> None:
    rise, fall = weights(shape, *way)
    assert 0 <= rise <= 1
    assert rise + fall == pytest.approx(1, abs=2e-16)


@pytest.mark.parametrize("shape", SHAPES)
@given(_WAYS)
def test_weights_mirror_each_other(shape: Shape, way: tuple[int, int]) -> None:
    done, length = way
    assert weights(shape, done, length) == weights(shape, length - done, length)[::-1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("length", [1, 2, 3, 1000, 997])
def test_arrays_and_numbers_have_the_same_bits(shape: Shape, length: int) -> None:
    rises, falls = array_weights(shape, np.arange(length + 1), length)
    assert list(zip(rises.tolist(), falls.tolist(), strict=True)) == [
        weights(shape, done, length) for done in range(length + 1)
    ]
