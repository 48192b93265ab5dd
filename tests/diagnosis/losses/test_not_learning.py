"""Mirrors ratecraft/diagnosis/losses/not_learning.py: how exactly a loss must be known to be that of guessing."""

import math

import numpy as np
import pytest
from tests.diagnosis.runs import constant, run

from ratecraft.diagnosis.finding import Undecided
from ratecraft.diagnosis.losses.not_learning import not_learning
from ratecraft.diagnosis.view.run_view import RunView


def said(noise: float, **facts: float) -> list[str]:
    """What is said of a loss that stands at ln 2 with such noise."""
    losses = math.log(2) + noise * np.random.default_rng(0).normal(size=600)
    losses[-60:] += math.log(2) - float(np.median(losses[-60:]))
    found = not_learning(RunView(run(losses, shape=constant, facts=facts)))
    return ["undecided" if isinstance(each, Undecided) else each.code for each in found]


@pytest.mark.parametrize(("noise", "codes"), [(0.05, ["not-learning"]), (0.5, ["undecided"])])
def test_loss_near_the_logarithm_of_a_number_of_classes_is_guessing_only_if_its_end_is_known_that_exactly(
    noise: float, codes: list[str]
) -> None:
    assert said(noise) == codes


def test_known_number_of_classes_needs_no_such_exactness() -> None:
    assert said(0.5, classes=2.0) == ["not-learning"]


GUESS = math.log(1000)


def creeping(clean: np.ndarray, noise: float = 0.007) -> list[tuple[str, str]]:
    """Codes and severities of what is said of a loss among a thousand classes, that nothing tells of."""
    losses = clean + noise * np.random.default_rng(0).normal(size=len(clean))
    found = not_learning(RunView(run(losses, shape=constant)))
    return [("undecided", "") if isinstance(each, Undecided) else (each.code, each.severity) for each in found]


def test_slow_steady_fall_below_guessing_is_a_hint_and_once_it_came_far_enough_a_warning() -> None:
    assert creeping(np.linspace(GUESS, GUESS - 0.012, 600)) == [("creeping", "info")]
    assert creeping(np.linspace(GUESS, GUESS - 0.05, 600)) == [("creeping", "warning")]


def test_loss_that_stands_at_guessing_is_lost() -> None:
    assert creeping(np.full(600, GUESS)) == [("not-learning", "error")]


def test_fall_from_above_that_ends_at_guessing_is_lost() -> None:
    assert creeping(np.linspace(GUESS + 0.05, GUESS, 600)) == [("not-learning", "error")]


def test_model_that_learns_the_frequencies_of_classes_and_then_stands_is_lost() -> None:
    assert creeping(GUESS - 0.012 * np.minimum(np.arange(600) / 150, 1.0), noise=0.002) == [("not-learning", "error")]
