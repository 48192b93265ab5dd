"""Mirrors ratecraft/diagnosis/warm_up.py: how high, how long and how early a hump must be."""

import numpy as np
import pytest
from tests.diagnosis.runs import run

from ratecraft.diagnosis.run_view import RunView
from ratecraft.diagnosis.warm_up import warm_up_missing


def said(
    *, height: float = 1.0, hump: tuple[int, int] = (20, 60), points: int = 1000, every: int = 1, shaken: float = 0.0,
    warm_up: int = 0,
) -> list[str]:  # fmt: skip
    """What is said of a loss that falls from 2 to ½, but for a hump of this height between two of its points."""
    places = np.arange(points * every) / (points * every)
    losses = 2.0 - 1.5 * np.minimum(1.25 * places, 1) + shaken * np.random.default_rng(0).normal(size=len(places))
    losses[hump[0] * every : hump[1] * every] += height
    rises = np.minimum((np.arange(len(places)) + 1) / (warm_up + 1), 1.0)
    observed = run(losses, shape=lambda _: rises, every=every)
    return [each.code for each in warm_up_missing(RunView(observed))]


@pytest.mark.parametrize(("height", "codes"), [(0.3, []), (0.4, ["warm-up-missing"])])
def test_a_hump_is_higher_than_a_fifth_of_what_was_won(height: float, codes: list[str]) -> None:
    assert said(height=height) == codes


@pytest.mark.parametrize(("height", "codes"), [(0.4, []), (1.2, ["warm-up-missing"])])
def test_a_hump_is_higher_than_six_times_the_noise(height: float, codes: list[str]) -> None:
    assert said(height=height, shaken=0.1) == codes


@pytest.mark.parametrize(
    ("hump", "points", "codes"),
    [
        ((5, 20), 1000, []),
        ((5, 21), 1000, ["warm-up-missing"]),
        ((10, 50), 5000, []),
        ((10, 52), 5000, ["warm-up-missing"]),
    ],
)
def test_a_hump_lasts_twenty_steps_and_a_hundredth_of_the_run(
    hump: tuple[int, int], points: int, codes: list[str]
) -> None:
    assert said(hump=hump, points=points) == codes


@pytest.mark.parametrize(("begin", "codes"), [(97, ["warm-up-missing"]), (98, [])])
def test_a_hump_is_seen_at_three_points_of_the_first_tenth(begin: int, codes: list[str]) -> None:
    assert said(hump=(begin, begin + 40)) == codes


@pytest.mark.parametrize(("points", "codes"), [(39, []), (40, ["warm-up-missing"])])
def test_fewer_than_forty_points_show_no_hump(points: int, codes: list[str]) -> None:
    assert said(points=points, every=100, hump=(1, 4)) == codes


@pytest.mark.parametrize(("warm_up", "codes"), [(10, ["warm-up-missing"]), (11, ["warm-up-short"])])
def test_a_warm_up_of_ten_steps_is_none(warm_up: int, codes: list[str]) -> None:
    assert said(warm_up=warm_up) == codes
