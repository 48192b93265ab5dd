"""Mirrors ratecraft/watching/guard_figures.py."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from ratecraft.records.watching.guarding import Validated
from ratecraft.watching.guard_figures import Validation, told


def constant(number: int) -> float:
    return 0.1


def verdicts(
    scores: Iterable[float], rate: Callable[[int], float] = constant, plateau: int = 10, stop: int = 6
) -> list[str]:
    state, found = Validation(), list[str]()
    for number, score in enumerate(scores):
        state = state.at_rate(rate(number))
        state, verdict = told(state, Validated(number, score), plateau, stop)
        found.append(verdict)
    return found


def turned(count: int = 60, noise: float = 0.02) -> np.ndarray:
    place = np.arange(count) / count
    return (1 + (place - 0.4) ** 2 * 4) * (1 + noise * np.random.default_rng(0).normal(size=count))


def test_a_turn_is_seen_and_the_best_figures_are_named() -> None:
    found = verdicts(turned())
    assert found[0] == "best"
    assert 24 < found.index("turned") < 50


@pytest.mark.parametrize("seed", range(5))
def test_noise_about_a_level_that_falls_does_not_turn(seed: int) -> None:
    levels = 1 + np.exp(-np.arange(100) / 20)
    assert "turned" not in verdicts(levels * (1 + 0.05 * np.random.default_rng(seed).normal(size=100)))


def test_two_wild_figures_do_not_turn() -> None:
    scores = 1 + np.exp(-np.arange(60) / 20)
    scores[[30, 36]] = 1e4
    assert "turned" not in verdicts(scores)


def test_a_rate_that_rose_explains_a_worse_figure() -> None:
    assert "turned" not in verdicts(turned(), rate=lambda number: 0.1 if number < 30 else 0.2)


def test_a_plateau_is_cut_again_only_after_as_many_figures() -> None:
    scores = [1 / (number + 1) for number in range(10)] + [0.1] * 30
    first, second = [number for number, verdict in enumerate(verdicts(scores)) if verdict == "plateau"]
    assert 19 <= first < 25
    assert second == first + 10


def test_a_plateau_that_the_training_itself_reacts_to_is_not_cut() -> None:
    state, found = Validation().at_rate(0.1), list[str]()
    for number in range(40):
        state, verdict = told(state, Validated(number, 1.0, reacts=True), 10, 6)
        found.append(verdict)
    assert "plateau" not in found


def decaying(number: int) -> float:
    return 0.1 * 0.97**number


def alternating(number: int) -> float:
    return 0.1 + 0.05 * (number % 2)


@pytest.mark.parametrize("rate", [decaying, alternating])
def test_a_rate_that_moves_by_itself_is_not_cut(rate: Callable[[int], float]) -> None:
    assert "plateau" not in verdicts([1.0] * 40, rate)


def test_what_was_lost_all_at_once_is_no_over_fitting_and_what_goes_on_from_there_is() -> None:
    scores = [1 / (number + 1) for number in range(20)] + [3 + 0.1 * (number % 3) for number in range(20)]
    found = verdicts(scores)
    assert "turned" not in found
    assert "jumped" in found
    rising = verdicts([*scores, *(3 + 0.2 * number for number in range(60))])
    assert "turned" in rising[40:]


def test_figures_that_are_no_numbers_say_nothing() -> None:
    assert verdicts([math.nan, math.inf, 1.0]) == ["", "", "best"]


def test_what_is_off_is_not_said() -> None:
    assert set(verdicts(turned(), plateau=0, stop=0)) == {"best", ""}
