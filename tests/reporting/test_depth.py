"""Mirrors ratecraft/reporting/depth.py."""

import pytest

from ratecraft.reporting.depth import GroupRow, depth_html, depth_text
from ratecraft.reporting.text.page import Page

ROWS = (
    GroupRow("stem", 1e-5, 0.01, 2, 1_200, 0.0),
    GroupRow("blocks.0", 1e-4, 0.1, 2, 34_000),
    GroupRow("head", 1e-3, 1.0, 2, 650, 0.05),
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_decade_of_rate_is_as_long_everywhere(language: str) -> None:
    lines = depth_text(ROWS, Page(language)).splitlines()
    bars = [line.count("█") for line in lines]
    assert bars == [0, 8, 16, 24]
    assert "1e-5" in lines[1]
    assert "34,000" in lines[2]


def test_without_unicode_bars_are_plain() -> None:
    text = depth_text(ROWS, Page(unicode=False))
    assert text.isascii() or "×" in text
    assert "█" not in text
    assert "########" in text


def test_one_rate_for_all_has_bars_of_one_length() -> None:
    rows = [GroupRow("a", 0.1, 1.0, 1, 1), GroupRow("b", 0.1, 1.0, 1, 1)]
    assert [line.count("█") for line in depth_text(rows, Page()).splitlines()[1:]] == [24, 24]


def test_the_notebook_s_table_escapes_names_and_names_each_bar() -> None:
    page = depth_html((GroupRow("<b>", 0.1, 1.0, 1, 1), *ROWS), Page())
    assert "<b>" not in page
    assert page.count('role="img"') == 4
    assert "blocks.0: 1e-4" in page
