"""Mirrors ratecraft/controllers/scale/scores.py."""

import math

import pytest

from ratecraft.controllers.scale.scores import scores_by_rate
from ratecraft.records.trials import Searched, Tried


def searched(*rows: tuple[dict[str, float], tuple[float | None, ...]]) -> Searched:
    trials = [
        Tried(number, values, None, scores, 100, is_whole=True, ending="done", job=str(number))
        for number, (values, scores) in enumerate(rows)
    ]
    return Searched(method="grid", axes=(), trials=tuple(trials), horizon=100, seeds=1, noise=None, saved=0)


def test_seeds_of_the_search_and_those_of_an_argument_come_to_the_same() -> None:
    own = searched(({"rate": 0.1}, (1.0, 3.0)), ({"rate": 0.2}, (2.0, 2.0)))
    argument = searched(
        ({"rate": 0.1, "seed": 0}, (1.0,)),
        ({"rate": 0.2, "seed": 0}, (2.0,)),
        ({"rate": 0.1, "seed": 1}, (3.0,)),
        ({"rate": 0.2, "seed": 1}, (2.0,)),
    )
    assert scores_by_rate(own) == scores_by_rate(argument)
    assert scores_by_rate(own) == ({0.1: 2.0, 0.2: 2.0}, pytest.approx(math.sqrt(0.5)))


def test_a_rate_that_blew_up_with_one_seed_has_no_score() -> None:
    assert scores_by_rate(searched(({"rate": 0.1, "seed": 0}, (1.0,)), ({"rate": 0.1, "seed": 1}, (None,)))) == (
        {0.1: None},
        None,
    )


def test_with_one_seed_no_noise_is_known() -> None:
    assert scores_by_rate(searched(({"rate": 0.1}, (1.0,)))) == ({0.1: 1.0}, None)
    assert scores_by_rate(None) == ({}, None)
