"""Mirrors ratecraft/laws/trials/hyperparameter_importance.py."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.trials.hyperparameter_importance import FEWEST, hyperparameter_importance


def test_a_hyperparameter_that_orders_the_scores_explains_nearly_all() -> None:
    values = [place / 40 for place in range(40)]
    share = hyperparameter_importance(values, [value**3 for value in values], is_range=True)
    assert share == pytest.approx(0.94, abs=0.02)  # what is left lies within the fourths


def test_a_hyperparameter_that_does_nothing_explains_about_nothing() -> None:
    draw = random.Random(0)  # noqa: S311
    shares = [
        hyperparameter_importance([draw.random() for _ in range(40)], [draw.random() for _ in range(40)], is_range=True)
        for _ in range(200)
    ]
    assert statistics.fmean(share for share in shares if share is not None) < 0.04


def test_a_valley_is_seen_though_the_hyperparameter_and_the_score_do_not_correlate() -> None:
    values = [place / 20 - 1 for place in range(41)]
    share = hyperparameter_importance(values, [value * value for value in values], is_range=True)
    assert share is not None
    assert share > 0.6


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-5, 5) | st.just(math.inf)), min_size=12, max_size=30))
def test_the_share_depends_on_the_ranking_only_and_lies_between_0_and_1(told: list[tuple[str, float]]) -> None:
    values, scores = [each for each, _ in told], [score for _, score in told]
    ranked = sorted(set(scores))
    share = hyperparameter_importance(values, scores, is_range=False)
    assert share == hyperparameter_importance(values, [float(ranked.index(score)) for score in scores], is_range=False)
    assert share is None or 0 <= share <= 1


def test_too_few_trials_and_a_hyperparameter_without_two_values_tell_nothing() -> None:
    few = [float(place) for place in range(FEWEST - 1)]
    assert hyperparameter_importance(few, few, is_range=True) is None
    assert hyperparameter_importance([*few, None, None], [*few, 1.0, 2.0], is_range=True) is None
    assert hyperparameter_importance(["a"] * 20, [float(place) for place in range(20)], is_range=False) is None
    assert hyperparameter_importance([float(place) for place in range(20)], [1.0] * 20, is_range=True) is None
