"""Mirrors ratecraft/controllers/find/uninformative.py, on whole searches."""

import random
from dataclasses import replace

import pytest
from tests.controllers.worlds import Followed, Formula, follow

from ratecraft.controllers.find.settings import FindSettings

WORLD = Formula(horizon=1000, slope=0.0)


def last(found: Followed) -> str:
    """The reason that is told."""
    return next(code for code in reversed(found.codes()) if code not in ("interval-unknown", "not-repeatable"))


def test_a_loss_that_no_rate_lowers_gives_no_number() -> None:
    found = follow(replace(WORLD, learns=False), FindSettings())
    assert (found.answer.verdict, found.answer.rate, found.answer.interval) == ("no-information", None, None)
    assert last(found) == "nothing-learned"


def test_equal_scores_give_no_number() -> None:
    found = follow(replace(WORLD, width=0.0, height=0.0, edge=99), FindSettings())
    assert (found.answer.verdict, last(found)) == ("no-information", "flat")


def test_frozen_scores_within_their_noise_give_no_number() -> None:
    world = replace(WORLD, metric="", width=0.0005, noise=0.5, batches=0.3, edge=99)
    verdicts = [follow(world, FindSettings(seed=seed)).answer.verdict for seed in range(10)]
    assert verdicts.count("no-information") >= 9


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_scores_without_order_seldom_give_a_number(noise: float) -> None:
    world = replace(WORLD, width=0.0, noise=noise, edge=99)
    verdicts = [follow(world, FindSettings(seed=seed)).answer.verdict for seed in range(20)]
    assert verdicts.count("no-information") >= 10


@pytest.mark.parametrize("noise", [pytest.param(0.05, marks=pytest.mark.soak), 0.3])
def test_with_three_seeds_they_hardly_ever_do(noise: float) -> None:
    world = replace(WORLD, width=0.0, noise=noise, edge=99)
    verdicts = [follow(world, FindSettings(seed=seed, seeds=3)).answer.verdict for seed in range(0, 60, 3)]
    assert verdicts.count("no-information") >= 17


def test_a_valley_that_stands_out_of_the_noise_is_always_told() -> None:
    for seed in range(10):
        bottom = random.Random(seed).uniform(-3, 3)  # noqa: S311
        world = replace(WORLD, bottom=bottom, noise=0.01, batches=0.1, width=0.1)
        assert follow(world, FindSettings(seed=seed)).answer.verdict == "found"
