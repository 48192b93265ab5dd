"""Mirrors ratecraft/importers/points.py."""

from array import array
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ratecraft.importers.names import meaning_of
from ratecraft.importers.points import MOST_POINTS, Points, kept


def points_of(count: int, cuts: list[int]) -> Points:
    points, edges = Points(meaning_of("loss")), sorted({0, count, *cuts})
    grown = 0
    for first, last in pairwise(edges):
        values = array("d", [float((7 * key) % 1001) for key in range(first, last)])
        grown += points.extend(array("q", range(first, last)), values)
    assert grown == len(points.keys)
    return points


@given(st.integers(1, 3 * MOST_POINTS), st.data())
def test_extending_equals_appending_one_by_one(count: int, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, count), max_size=5))
    single, grown = Points(meaning_of("loss")), 0
    for key in range(count):
        grown += single.append(key, float((7 * key) % 1001))
    many = points_of(count, cuts)
    assert (many.keys, many.values, many.left_out) == (single.keys, single.values, single.left_out)
    assert grown == len(single.keys)


def test_length_is_bounded_and_every_point_is_accounted_for() -> None:
    points = points_of(10 * MOST_POINTS, [])
    assert MOST_POINTS // 2 <= len(points.keys) <= MOST_POINTS
    assert len(points.keys) + points.left_out == 10 * MOST_POINTS


def test_cut_drops_the_points_from_a_key_on() -> None:
    points = points_of(10, [])
    assert (points.cut(7), points.last, points.cut(0), points.last) == (3, 6, 7, -1)


SERIES = arrays(np.float64, st.integers(1, 400), elements=st.floats(width=32))


@given(SERIES, st.integers(1, 4))
def test_ends_extremes_and_first_broken_value_survive_any_number_of_thinnings(values: np.ndarray, times: int) -> None:
    thinned = values
    for _ in range(times):
        thinned = thinned[kept(thinned)]
    finite, left = values[np.isfinite(values)], thinned[np.isfinite(thinned)]
    assert len(finite) == 0 or (left.min(), left.max()) == (finite.min(), finite.max())
    assert np.isfinite(values).all() == np.isfinite(thinned).all()
    assert str(thinned[0]) == str(values[0])
    assert str(thinned[-1]) == str(values[-1])


@given(SERIES)
def test_about_half_is_kept(values: np.ndarray) -> None:
    assert len(values) // 2 <= kept(values).sum() <= len(values) / 2 + 3 * len(values) / 64 + 5


def test_noise_from_point_to_point_stays_what_it_was() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    thinned = values[kept(values)]
    assert abs(np.diff(thinned).std() / np.diff(values).std() - 1) < 0.1
