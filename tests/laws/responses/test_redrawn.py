"""Mirrors ratecraft/laws/responses/redrawn.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.responses.rate_response import bottom
from ratecraft.laws.responses.redrawn import redrawn_bottom

scores = st.dictionaries(st.integers(-4, 4), st.floats(0.1, 10) | st.just(math.inf), min_size=1).filter(
    lambda each: any(map(math.isfinite, each.values()))
)


@given(scores)
def test_without_noise_it_is_the_bottom_itself(found: dict[int, float]) -> None:
    ladder = {float(octave): score for octave, score in found.items()}
    assert redrawn_bottom(ladder, 0.0) == pytest.approx((bottom(ladder), 0.0), abs=1e-6)


def test_it_moves_by_what_a_parabola_says_where_noise_is_small() -> None:
    curvature, noise = 0.1, 0.002
    _, sd = redrawn_bottom({-1.0: 1 + curvature, 0.0: 1.0, 1.0: 1 + curvature}, noise)
    assert sd == pytest.approx(noise / (math.sqrt(8) * curvature), rel=0.1)


def test_noise_that_hides_the_valley_puts_the_bottom_anywhere() -> None:
    flat = {float(octave): 1 + 0.001 * octave**2 for octave in range(-3, 4)}
    _, sd = redrawn_bottom(flat, 1.0)
    assert sd > 1.5


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be compared"):
        redrawn_bottom({0.0: math.nan, 1.0: 1.0, 2.0: 2.0}, 0.1)
