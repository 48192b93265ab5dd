"""Mirrors ratecraft/laws/trials/unit_points.py."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.trials.unit_points import random_points, sobol_points

Draw = Callable[[int, int, int], tuple[tuple[float, ...], ...]]
DRAWS = pytest.mark.parametrize("draw", [random_points, sobol_points])


@DRAWS
@given(count=st.integers(1, 70), more=st.integers(0, 70), axes=st.integers(1, 4), seed=st.integers(0, 9))
def test_a_longer_draw_begins_like_a_shorter_one(draw: Draw, count: int, more: int, axes: int, seed: int) -> None:
    points = draw(count + more, axes, seed)
    assert points[:count] == draw(count, axes, seed)
    assert all(len(point) == axes and all(0 <= place < 1 for place in point) for point in points)


@DRAWS
def test_another_seed_draws_other_points(draw: Draw) -> None:
    assert draw(8, 2, 0) != draw(8, 2, 1)


@pytest.mark.parametrize("seed", range(5))
def test_sobol_points_leave_no_stretch_empty_on_any_axis(seed: int) -> None:
    points = sobol_points(32, 3, seed)
    for axis in zip(*points, strict=True):
        assert sorted(int(32 * place) for place in axis) == list(range(32))


def test_sobol_points_without_scipy_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(InvalidInput, match=r"Sobol points need SciPy"):
        sobol_points(3, 1, 987_654)
