"""Mirrors ratecraft/importers/points.py."""

from array import array
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.names import meaning_of
from ratecraft.importers.points import MOST_POINTS, Points


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
