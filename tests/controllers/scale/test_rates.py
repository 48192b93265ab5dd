"""Mirrors ratecraft/controllers/scale/rates.py."""

import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.scale.rates import next_octaves, scale_point


def trained(score: Callable[[int], float], begin: int, *, sure: bool) -> dict[int, float]:
    scores: dict[int, float] = {}
    while octaves := next_octaves(scores, begin, sure=sure):
        scores |= {octave: score(octave) for octave in octaves}
    return scores


@given(best=st.floats(-4, 4), begin=st.integers(-1, 1), sure=st.booleans())
def test_a_valley_is_found_wherever_its_bottom_is(best: float, begin: int, sure: bool) -> None:
    scores = trained(lambda octave: 1 + 0.1 * (octave - best) ** 2, begin, sure=sure)
    point = scale_point((1.0,), scores, 0.001)
    assert point is not None
    assert abs(point.octave - best) < 0.01
    assert len(scores) <= 9


def test_rates_below_one_that_blew_up_are_tried_and_the_best_lies_away_from_the_cliff() -> None:
    scores = trained(lambda octave: math.inf if octave > -3 else 1 - 0.1 * octave, 0, sure=False)
    point = scale_point((1.0,), scores, None)
    assert point is not None
    assert abs(point.octave + 3.25) < 0.05
    assert point.sd > 0.3


def test_where_the_best_rate_is_at_an_end_of_all_that_may_be_tried_there_is_no_point() -> None:
    scores = trained(lambda octave: float(octave), 0, sure=True)
    assert len(scores) == 9
    assert scale_point((1.0,), scores, None) is None
    assert scale_point((1.0,), {0: math.inf, 1: math.inf}, None) is None


def test_a_flat_valley_and_a_noisy_score_are_less_sure() -> None:
    sharp, flat = {-1: 2.0, 0: 1.0, 1: 2.0}, {-1: 1.001, 0: 1.0, 1: 1.001}
    sds = [point.sd for scores in (sharp, flat) if (point := scale_point((1.0,), scores, None))]
    noisy = scale_point((1.0,), sharp, 0.5)
    assert noisy is not None
    assert sds[0] < noisy.sd < sds[1]
