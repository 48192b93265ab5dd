"""Mirrors ratecraft/laws/responses/local_response.py."""

import random

import pytest

from ratecraft.laws.responses.local_response import FEWEST, local_response


def noisy(count: int, seed: int, noise: float = 0.3) -> tuple[list[float], list[float]]:
    """A valley that becomes a cliff: no parabola."""
    draw = random.Random(seed)  # noqa: S311
    values = [4 * place / (count - 1) - 2 for place in range(count)]
    return values, [truth(value) + draw.gauss(0, noise) for value in values]


def truth(value: float) -> float:
    return value * value if value < 1 else 1 + 4 * (value - 1)


def test_the_band_holds_the_truth_about_as_often_as_it_says() -> None:
    held = looked = 0
    for seed in range(60):
        found = local_response(*noisy(30, seed), 9)
        assert found is not None
        for place, low, high in zip(found.places[1:-1], found.low[1:-1], found.high[1:-1], strict=True):
            held, looked = held + (low <= truth(place) <= high), looked + 1
    assert 0.75 < held / looked < 0.97


def test_a_straight_line_comes_back_without_a_band() -> None:
    values = [place / 3 for place in range(12)]
    found = local_response(values, [2 * value + 1 for value in values], 5)
    assert found is not None
    assert found.middle == pytest.approx([2 * place + 1 for place in found.places])
    assert found.high == pytest.approx(found.low)


def test_one_wild_score_moves_the_curve_little() -> None:
    values, scores = noisy(30, 1)
    calm, wild = local_response(values, scores), local_response(values, [*scores[:15], 1e6, *scores[16:]])
    assert calm is not None
    assert wild is not None
    assert max(abs(one - other) for one, other in zip(calm.middle, wild.middle, strict=True)) < 0.5


def test_more_trials_make_the_band_narrower() -> None:
    few, many = local_response(*noisy(10, 2)), local_response(*noisy(200, 2))
    assert few is not None
    assert many is not None
    assert many.high[16] - many.low[16] < few.high[16] - few.low[16]


def test_thousands_of_trials_are_gathered_in_blocks() -> None:
    found = local_response(*noisy(5000, 3, noise=0.05), 5)
    assert found is not None
    assert found.middle == pytest.approx([truth(place) for place in found.places], abs=0.4)


def test_it_says_nothing_of_few_trials_or_few_values() -> None:
    few = [float(place) for place in range(FEWEST - 1)]
    assert local_response(few, few) is None
    assert local_response([1.0, 2.0, 3.0, 4.0] * 3, [1.0] * 12) is None


def test_the_same_trials_give_the_same_band() -> None:
    assert local_response(*noisy(12, 4)) == local_response(*noisy(12, 4))
