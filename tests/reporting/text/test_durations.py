"""Mirrors ratecraft/reporting/text/durations.py."""

import pytest

from ratecraft.reporting.text.durations import about_text, duration_text
from ratecraft.reporting.text.page import Page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 s"), (9.96, "10.0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7290, "2 h 2 min")],
)
def test_a_measured_time_never_shows_sixty_of_a_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds, Page()) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "~5 s"), (54, "~50 s"), (56, "~1 min"), (5400, "~1.5 h"), (36000, "~10 h")]
)
def test_an_expected_time_is_coarse(seconds: float, text: str) -> None:
    assert about_text(seconds, Page()) == text


def test_times_are_said_in_japanese() -> None:
    assert duration_text(372, Page("ja")) == "6 分 12 秒"
    assert about_text(372, Page("ja")) == "約 6 分"
