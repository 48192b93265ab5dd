"""Mirrors ratecraft/laws/scaling/scale_law.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.scaling.scale_law import Exponent, ScaleLaw, ScalePoint, scale_law, why_no_law

WIDE = Exponent(0.0, 100.0)
USUAL = Exponent(-0.5, 0.5)
exponents = st.floats(-2, 2)


def points_of(exponent: float, sizes: tuple[float, ...] = (64, 128, 256), sd: float = 0.2) -> list[ScalePoint]:
    return [ScalePoint((size,), exponent * math.log2(size / 64), sd) for size in sizes]


@given(exponent=exponents, octave=st.floats(-10, 10))
def test_points_on_a_power_law_give_it_back(exponent: float, octave: float) -> None:
    points = [ScalePoint(each.sizes, each.octave + octave, each.sd) for each in points_of(exponent)]
    law = scale_law(points, [WIDE], (1024,))
    assert law.exponents[0].value == pytest.approx(exponent, abs=1e-3)
    assert law.at((1024,)).octave == pytest.approx(octave + 4 * exponent, abs=1e-2)


@given(first=exponents, second=exponents)
def test_two_sizes_that_vary_one_at_a_time_have_an_exponent_each(first: float, second: float) -> None:
    grid = [(64, 2), (128, 2), (256, 2), (64, 4)]
    points = [ScalePoint(each, first * math.log2(each[0]) + second * math.log2(each[1]), 0.2) for each in grid]
    law = scale_law(points, [WIDE, WIDE], (256, 8))
    assert [each.value for each in law.exponents] == pytest.approx([first, second], abs=1e-2)


def test_what_is_published_counts_where_the_points_are_unsure_and_not_where_they_are_sure() -> None:
    prior = Exponent(-0.5, 0.3)
    unsure = scale_law(points_of(1.0, sd=2.0), [prior], (256,)).exponents[0].value
    sure = scale_law(points_of(1.0, sd=0.02), [prior], (256,)).exponents[0].value
    assert unsure == pytest.approx(-0.5, abs=0.1)
    assert sure == pytest.approx(1.0, abs=0.2)


def test_an_interval_widens_with_the_distance_of_the_target() -> None:
    laws = {size: scale_law(points_of(-0.5), [USUAL], (size,)) for size in (256, 1024, 8192)}
    widths = [law.sd_at((size,)) for size, law in laws.items()]
    assert widths == sorted(widths)


def test_points_that_scatter_beyond_their_intervals_widen_the_forecast() -> None:
    bent = [ScalePoint((64,), 0, 0.1), ScalePoint((128,), 0.4, 0.1), ScalePoint((256,), 0, 0.1)]
    straight = [ScalePoint((size,), 0, 0.1) for size in (64, 128, 256)]
    assert scale_law(bent, [WIDE], (256,)).sd_at((256,)) > 1.2 * scale_law(straight, [WIDE], (256,)).sd_at((256,))


def no_law(points: list[ScalePoint], target: float, known: Exponent = USUAL) -> str:
    law: ScaleLaw = scale_law(points, [known], (target,))
    why = why_no_law(law, points, (target,))
    return why.code if why else ""


def test_a_law_is_given_only_where_its_points_lie_on_it_and_the_target_is_near() -> None:
    off = [ScalePoint((64,), 0, 0.2), ScalePoint((128,), 3, 0.2), ScalePoint((256,), 0, 0.2)]
    assert no_law(points_of(-0.5), 1024) == ""
    assert no_law(points_of(-0.5), 8192) == "scale-wide"
    assert no_law(points_of(-0.5), 25_600) == "scale-wide"  # two decades
    assert no_law(points_of(-0.5), 25_601) == "scale-far"
    assert no_law(points_of(-0.5), 0.6) == "scale-far"
    assert no_law(off, 1024) == "scale-off"
    assert no_law(points_of(-0.5, sd=2.0), 1024) == "scale-wide"
    assert no_law(points_of(-0.5, (64, 128)), 1024) == "scale-few"
