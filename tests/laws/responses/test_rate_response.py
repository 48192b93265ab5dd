"""Mirrors ratecraft/laws/responses/rate_response.py."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.responses.rate_response import best_octave, bottom, interval, scatter, valley

finite = st.floats(-1e6, 1e6)
ladders = st.lists(st.integers(-20, 20), min_size=3, max_size=9, unique=True)


def parabola(at: float, width: float = 1.0, floor: float = 0.0) -> dict[float, float]:
    return {octave: floor + width * (octave - at) ** 2 for octave in (-2, -1, 0, 1, 2)}


@given(at=st.floats(-1.4, 1.4), width=st.floats(0.01, 100), floor=st.floats(-10, 10))
def test_bottom_of_a_parabola_is_found(at: float, width: float, floor: float) -> None:
    assert bottom(parabola(at, width, floor)) == pytest.approx(at, abs=1e-6)


@given(at=st.floats(-1.4, 1.4), shift=st.integers(-10, 10), scale=st.floats(0.1, 10))
def test_bottom_moves_with_the_octaves_and_not_with_the_scale_of_the_scores(
    at: float, shift: int, scale: float
) -> None:
    moved = {octave + shift: scale * score for octave, score in parabola(at).items()}
    assert bottom(moved) == pytest.approx(bottom(parabola(at)) + shift, abs=1e-6)


@given(ladder=ladders, data=st.data(), below=st.floats(0, 2))
def test_bottom_stays_between_the_neighbours_of_the_best(ladder: list[int], data: st.DataObject, below: float) -> None:
    scores: dict[float, float] = {octave: data.draw(finite) for octave in ladder}
    ordered, best = sorted(scores), best_octave(scores)
    place = ordered.index(best)
    low, high = ordered[max(place - 2, 0)], ordered[min(place + 2, len(ordered) - 1)]
    assert low - below <= bottom(scores, below) <= high


@given(ladder=ladders, data=st.data())
def test_bottom_is_blind_to_the_order_of_the_probes(ladder: list[int], data: st.DataObject) -> None:
    scores: dict[float, float] = {octave: data.draw(finite | st.just(math.inf)) for octave in ladder}
    mixed = {octave: scores[octave] for octave in data.draw(st.permutations(ladder))}
    assert bottom(mixed) == bottom(scores)


def test_bottom_may_lie_below_the_lowest_probe_only_as_far_as_it_is_let() -> None:
    falling = {0: 1.0, 1: 2.0, 2: 3.5}
    assert bottom(falling) == 0.0
    assert bottom(falling, below=0.25) == -0.25


def test_bottom_never_lies_above_the_highest_probe() -> None:
    assert bottom({0: 3.5, 1: 2.0, 2: 1.0}, below=5.0) == 2.0


def test_bottom_keeps_a_quarter_octave_from_a_blown_up_neighbour() -> None:
    assert bottom({-1: 2.0, 0: 1.0, 1: math.inf}) == -0.25


def test_bottom_is_the_best_probe_where_only_the_lower_neighbour_has_no_score() -> None:
    assert bottom({-1: math.inf, 0: 1.0, 1: 2.0}) == 0.0


@pytest.mark.parametrize(
    ("scores", "best"),
    [({3: 1.0}, 3), ({0: 2.0, 1: 1.0}, 1), ({-1: 1.0, 0: 1.0, 1: 1.0}, -1), ({0: 1.0, 1: 2.0, 2: 2.5}, 0)],
)
def test_bottom_without_a_valley_is_the_best_probe(scores: dict[float, float], best: float) -> None:
    assert bottom(scores) == best


def test_best_octave_of_equals_is_the_lowest() -> None:
    assert best_octave({2: 0.5, -2: 0.5, 0: 0.7}) == -2


@pytest.mark.parametrize("scores", [{}, {0: 1.0, 1: math.nan}])
def test_best_octave_refuses_what_cannot_be_ordered(scores: dict[float, float]) -> None:
    with pytest.raises(InvalidInput, match="These scores cannot be compared") as caught:
        best_octave(scores)
    assert "infinite" in caught.value.hint()


def test_valley_predicts_the_scores_it_goes_through() -> None:
    scores = {-2: 3.0, 0: 1.0, 1: 1.6}
    found = valley(scores)
    assert found is not None
    assert [found.score(octave) for octave in scores] == pytest.approx(list(scores.values()))


@pytest.mark.parametrize(
    "scores", [{0: 1.0, 1: 2.0}, {-1: 1.0, 0: 0.5, 1: math.inf}, {-1: math.inf, 0: math.inf, 1: math.inf}]
)
def test_valley_is_none_where_none_can_be_told(scores: dict[float, float]) -> None:
    assert valley(scores) is None


@given(at=st.floats(-1, 1), width=st.floats(0.1, 10), noise=st.floats(1e-6, 1e-2))
def test_interval_holds_the_octaves_within_one_noise_sd(at: float, width: float, noise: float) -> None:
    found = interval(parabola(at, width), at, noise, (-2.0, 2.0))
    assert found == pytest.approx((at - math.sqrt(noise / width), at + math.sqrt(noise / width)), abs=1e-4)


@given(chosen=st.floats(-3, 2), noise=st.floats(0, 100))
def test_interval_holds_what_was_chosen_and_nothing_that_was_not_probed(chosen: float, noise: float) -> None:
    found = interval(parabola(0.3), chosen, noise, (-2.0, 2.0))
    assert found is not None
    assert min(-2.0, chosen) <= found[0] <= chosen <= found[1] <= max(2.0, chosen)


def test_interval_is_none_without_a_valley() -> None:
    assert interval({0: 1.0, 1: 2.0}, 0.0, 0.1, (0.0, 1.0)) is None


def test_scatter_of_a_parabola_is_nothing() -> None:
    assert scatter(parabola(0.4, 2.0, 5.0)) == pytest.approx(0.0, abs=1e-12)


def test_scatter_is_the_sd_of_the_noise_on_average() -> None:
    draws = np.random.default_rng(0).normal(0, 0.1, (400, 5))
    found = [
        scatter({octave: score + error for (octave, score), error in zip(parabola(0).items(), row, strict=True)})
        for row in draws.tolist()
    ]
    assert np.sqrt(np.mean(np.square(np.array(found, dtype=float)))) == pytest.approx(0.1, rel=0.1)


def test_scatter_looks_at_the_five_probes_next_to_the_best() -> None:
    assert scatter({**parabola(0.0), -8: 7.0, 9: 50.0}) == pytest.approx(0.0, abs=1e-12)


def test_scatter_needs_five_finite_scores() -> None:
    assert scatter({**parabola(0.0), 2: math.inf}) is None
