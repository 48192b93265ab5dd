"""Mirrors ratecraft/controllers/search/early_stopping.py."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.early_stopping import is_left_behind, rungs_of
from ratecraft.controllers.search.settings import SearchSettings

SCORES = st.floats(-1e6, 1e6)


@given(st.lists(SCORES, max_size=40), SCORES, st.integers(2, 6))
def test_who_goes_on_is_as_good_as_the_last_of_the_best_share(
    others: list[float], score: float, reduction: int
) -> None:
    better = sum(each < score for each in others)
    assert is_left_behind(score, sorted(others), reduction) == (better >= max(1, (len(others) + 1) // reduction))


@given(st.lists(SCORES, max_size=10))
def test_what_is_no_number_is_always_left_behind(others: list[float]) -> None:
    assert is_left_behind(math.inf, sorted(others), 4)


@given(st.integers(1, 100_000))
def test_rungs_rise_and_lie_below_a_whole_trial(steps: int) -> None:
    rungs = rungs_of(SearchSettings(method="asha", what="loop", steps=steps))
    assert list(rungs) == sorted(set(rungs))
    assert all(0 < rung < steps for rung in rungs)
