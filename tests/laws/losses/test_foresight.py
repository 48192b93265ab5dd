"""Mirrors ratecraft/laws/losses/foresight.py."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ratecraft.laws.losses.foresight import Foresight, foresee, score_at

losses = st.floats(1e-3, 1e3)
fallen = st.floats(0.05, 0.94)
ratios = st.integers(2, 64)


def known(short: float, share: float, ratio: int, *, once: bool, noise: float | None = None) -> Foresight:
    found = foresee((100, short), (100 * ratio, share * short), once=once, noise=noise)
    assert found is not None
    return found


@given(short=losses, share=fallen, ratio=ratios, further=ratios, once=st.booleans())
def test_a_longer_run_ends_lower_but_falls_more_slowly_than_the_two_before_it(
    short: float, share: float, ratio: int, further: int, once: bool
) -> None:
    middle = known(short, share, ratio, once=once).at(100 * ratio * further).middle
    as_steep = share * short * further ** -(math.log(1 / share) / math.log(ratio))
    assert as_steep < middle < share * short


@given(short=losses, share=fallen, ratio=ratios, further=ratios, once=st.booleans())
def test_the_interval_holds_its_middle_and_grows_with_the_way_ahead(
    short: float, share: float, ratio: int, further: int, once: bool
) -> None:
    found = known(short, share, ratio, once=once)
    near, far = found.at(100 * ratio * further), found.at(200 * ratio * further)
    assert near.low < near.middle < near.high
    assert far.high / far.low > near.high / near.low


@given(short=losses, share=fallen, ratio=ratios, factor=st.floats(0.01, 100))
def test_the_unit_of_the_loss_changes_nothing(short: float, share: float, ratio: int, factor: float) -> None:
    one = known(short, share, ratio, once=False).at(10_000)
    other = known(factor * short, share, ratio, once=False).at(10_000)
    for value, scaled in ((one.low, other.low), (one.middle, other.middle), (one.high, other.high)):
        assert scaled == pytest.approx(factor * value)


@given(short=losses, share=fallen, ratio=ratios, noise=st.floats(0.001, 0.5))
def test_less_is_known_where_data_are_seen_often_and_where_scores_are_noisy(
    short: float, share: float, ratio: int, noise: float
) -> None:
    def width(*, once: bool, relative: float | None = None) -> float:
        spread = None if relative is None else relative * share * short
        span = known(short, share, ratio, once=once, noise=spread).at(1000 * ratio)
        return math.log(span.high / span.low)

    assert width(once=True) < width(once=False)
    assert width(once=True) < width(once=True, relative=noise)


def test_the_slope_to_come_is_damped() -> None:
    found = known(2.0, 0.5, 2, once=True)  # halved by twice the steps: a slope of 1
    assert found.slope == pytest.approx(0.35)
    assert found.at(800).middle == pytest.approx(1.0 / 4**0.35)


@given(short=losses, share=st.floats(0.951, 3.0), ratio=ratios)
def test_nothing_is_said_where_a_longer_run_is_hardly_better(short: float, share: float, ratio: int) -> None:
    assert foresee((100, short), (100 * ratio, share * short), once=False) is None


@given(score=st.sampled_from([0.0, -1.0, math.inf, math.nan]), is_short=st.booleans())
def test_nothing_is_said_of_what_is_no_loss_above_0(score: float, is_short: bool) -> None:
    short, long = (score, 0.5) if is_short else (1.0, score)
    assert foresee((100, short), (400, long), once=False) is None


@given(short=st.integers(1, 1000), long=st.integers(0, 1000))
def test_nothing_is_said_of_steps_that_do_not_grow(short: int, long: int) -> None:
    assume(long <= short)
    assert foresee((short, 2.0), (long, 1.0), once=False) is None


@given(scores=st.dictionaries(st.integers(-4, 4), losses, min_size=2), octave=st.floats(-5, 5))
def test_a_score_between_two_rates_lies_between_their_scores(scores: dict[int, float], octave: float) -> None:
    below = max((place for place in scores if place <= octave), default=min(scores))
    above = min((place for place in scores if place >= octave), default=max(scores))
    low, high = sorted((scores[below], scores[above]))
    found = score_at({float(each): scores[each] for each in scores}, octave, reach=10)
    assert found is not None
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


@given(scores=st.dictionaries(st.integers(-4, 4), losses, min_size=1), place=st.integers(-4, 4))
def test_a_probed_rate_has_its_own_score(scores: dict[int, float], place: int) -> None:
    assume(place in scores)
    assert score_at({float(each): scores[each] for each in scores}, place, reach=0) == pytest.approx(scores[place])


def test_there_is_no_score_out_of_reach_and_a_rate_that_blew_up_is_none() -> None:
    assert score_at({0: 1.0, 1: math.inf}, 1.0, reach=0.75) is None
    assert score_at({0: 1.0, 1: math.inf}, 0.5, reach=0.75) == 1.0
    assert score_at({0: -1.0}, 0.0, reach=0.75) is None
    assert score_at({}, 0.0, reach=0.75) is None
