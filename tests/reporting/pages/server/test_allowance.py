"""Mirrors ratecraft/reporting/pages/server/allowance.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.pages.server.allowance import Allowance


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 10), st.floats(0.1, 5))
def test_never_more_is_taken_than_at_once_and_over_time_together(waits: list[float], most: int, pace: float) -> None:
    now, taken = 0.0, 0
    allowance = Allowance(most, pace, lambda: now)
    for wait in waits:
        now += wait
        taken += allowance.take()
        assert taken <= most + pace * now + 1e-6


def test_after_a_rest_all_of_it_is_there_again() -> None:
    now = 0.0
    allowance = Allowance(3, 1.0, lambda: now)
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now = 100.0
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
