"""Mirrors ratecraft/diagnosis/rates/warm_up.py: how high, how long and how early a hump must be."""

import numpy as np
import pytest
from tests.diagnosis.runs import constant, run

from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.rates.warm_up import warm_up_missing
from ratecraft.diagnosis.view.run_view import RunView


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


def averaged(losses: np.ndarray, share: float = 0.9) -> np.ndarray:
    """As a progress bar shows them."""
    levels = [losses[0]]
    for loss in losses[1:]:
        levels.append(share * levels[-1] + (1 - share) * loss)
    return np.array(levels)


def test_a_hump_of_a_moving_average_is_only_a_hint_since_averaging_makes_it_last() -> None:
    losses = 2.0 - 1.5 * np.linspace(0, 1, 1000) + 0.02 * np.random.default_rng(0).normal(size=1000)
    losses[1:6] += 40.0
    found = [
        each for each in warm_up_missing(RunView(run(averaged(losses), shape=constant))) if isinstance(each, Finding)
    ]
    assert [each.severity for each in found] == ["info"]
    assert list(warm_up_missing(RunView(run(losses, shape=constant)))) == []


@pytest.mark.parametrize(("height", "codes"), [(0.3, []), (0.4, ["warm-up-missing"])])
def test_a_hump_is_higher_than_a_fifth_of_what_was_won(height: float, codes: list[str]) -> None:
    assert said(height=height) == codes


@pytest.mark.parametrize(("height", "codes"), [(0.4, []), (1.2, ["warm-up-missing"])])
def test_a_hump_is_higher_than_six_times_the_noise(height: float, codes: list[str]) -> None:
    assert said(height=height, shaken=0.1) == codes


@pytest.mark.parametrize(
    ("hump", "points", "codes"),
    [
        ((5, 25), 1000, []),
        ((5, 26), 1000, ["warm-up-missing"]),
        ((10, 60), 5000, []),
        ((10, 61), 5000, ["warm-up-missing"]),
    ],
)
def test_a_hump_lasts_twenty_steps_and_a_hundredth_of_the_run(
    hump: tuple[int, int], points: int, codes: list[str]
) -> None:
    assert said(hump=hump, points=points) == codes


@pytest.mark.parametrize(("begin", "codes"), [(7, ["warm-up-missing"]), (8, [])])
def test_a_hump_is_seen_at_three_points_of_the_first_tenth(begin: int, codes: list[str]) -> None:
    assert said(points=100, every=20, hump=(begin, begin + 4)) == codes


@pytest.mark.parametrize(("points", "codes"), [(39, []), (40, ["warm-up-missing"])])
def test_fewer_than_forty_points_show_no_hump(points: int, codes: list[str]) -> None:
    assert said(points=points, every=100, hump=(1, 4)) == codes


@pytest.mark.parametrize(("warm_up", "codes"), [(10, ["warm-up-missing"]), (11, ["warm-up-short"])])
def test_a_warm_up_of_ten_steps_is_none(warm_up: int, codes: list[str]) -> None:
    assert said(warm_up=warm_up) == codes


@pytest.mark.parametrize(("everywhere", "codes"), [(True, []), (False, ["warm-up-missing"])])
def test_leaps_that_come_as_often_later_on_are_the_batches_own(everywhere: bool, codes: list[str]) -> None:
    losses = 2.0 - 1.5 * np.linspace(0, 1, 1000) + 0.02 * np.random.default_rng(0).normal(size=1000)
    losses[: 1000 if everywhere else 100][5::10] += 3.0
    assert [each.code for each in warm_up_missing(RunView(run(losses, shape=constant)))] == codes
