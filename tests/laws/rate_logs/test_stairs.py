"""Mirrors ratecraft/laws/rate_logs/stairs.py."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.rate_logs.rate_log import RateLog
from ratecraft.laws.rate_logs.rise_and_fall import rise_and_fall
from ratecraft.laws.rate_logs.stairs import roundest, stairs
from ratecraft.schedules.builders.constructors import cosine


@given(st.integers(0, 10**6), st.integers(1, 10**4))
def test_the_roundest_number_lies_within_and_none_there_is_rounder(low: int, width: int) -> None:
    def zeros(number: int) -> int:
        return len(str(number)) - len(str(number).rstrip("0"))

    chosen = roundest(low, low + width)
    assert low < chosen <= low + width
    assert zeros(chosen) == max(map(zeros, range(low + 1, low + width + 1)))


def test_a_smooth_way_has_no_stairs_however_it_is_rounded() -> None:
    for digits in (2, 3):
        rates = np.array([float(f"{rate:.{digits - 1}e}") for rate in cosine(0.1, 0, 5000).curve(5000)])
        assert stairs(RateLog.of(np.arange(5000), rates), rise_and_fall) is None
