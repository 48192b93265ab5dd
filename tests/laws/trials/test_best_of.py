"""Mirrors ratecraft/laws/trials/best_of.py; the reference takes every choice of k of n."""

import math
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.trials.best_of import best_of, enough

SCORES = st.lists(st.floats(-9, 9) | st.just(math.inf), min_size=1, max_size=9)


def every(scores: list[float], trials: int) -> list[float]:
    """The best of each choice, the best first."""
    return sorted(map(min, combinations(scores, trials)))


@given(SCORES, st.integers(1, 9))
def test_the_shares_are_those_of_all_choices(scores: list[float], trials: int) -> None:
    trials = min(trials, len(scores))
    bests, found = every(scores, trials), best_of(scores, trials)
    for share, value in ((0.05, found.low), (0.5, found.middle), (0.95, found.high)):
        at_most, below = (sum(test(best) for best in bests) / len(bests) for test in (value.__ge__, value.__gt__))
        assert at_most >= share - 1e-9
        assert below < share + 1e-9


@given(SCORES)
def test_more_trials_never_do_worse_and_all_of_them_leave_nothing_open(scores: list[float]) -> None:
    highs = [best_of(scores, count).high for count in range(1, len(scores) + 1)]
    assert highs == sorted(highs, reverse=True)
    whole = best_of(scores, len(scores))
    assert whole.low == whole.middle == whole.high == min(scores)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=9), st.floats(0, 3))
def test_enough_is_the_fewest_that_19_of_20_choices_do_with(scores: list[float], within: float) -> None:
    found = enough(scores, within)

    def sure(count: int) -> bool:
        bests = every(scores, count)
        return sum(best <= min(scores) + within for best in bests) >= 0.95 * len(bests) - 1e-9

    assert sure(found)
    assert not any(sure(count) for count in range(1, found))
