"""Mirrors ratecraft/reporting/findings/finding_lines.py."""

from dataclasses import replace

import pytest

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.reporting.findings.finding_lines import finding_line
from ratecraft.reporting.text.page import Page

EVIDENCE = {"name": "loss", "step": 120, "last": 180, "wasted": 60}
FINDING = Finding(
    "non-finite", "error", 0.99, (120, 180), EVIDENCE, (Advice("go-back", {"step": 70}), Advice("full-precision"))
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_is_one_line_with_the_code_the_numbers_and_the_first_advice(language: str) -> None:
    line = finding_line(FINDING, Page(language))
    assert "\n" not in line
    assert line.startswith("ratecraft: ")
    assert all(part in line for part in ("[non-finite]", "`loss`", "120", "60", " → ", "70"))


def test_colour_and_alphabet_are_the_pages() -> None:
    assert "\x1b[1;31mlost\x1b[0m" in finding_line(FINDING, Page(colour=True))
    assert finding_line(FINDING, Page(unicode=False)).isascii()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_one_that_is_taken_back_says_of_what_it_was_told_and_gives_no_advice(language: str) -> None:
    line = finding_line(replace(FINDING, status="withdrawn"), Page(language))
    assert all(part in line for part in ("[non-finite]", "120", "180"))
    assert "→" not in line
    assert "\n" not in line


def test_one_that_has_changed_is_marked_as_such() -> None:
    assert finding_line(replace(FINDING, status="changed"), Page()).startswith(
        "ratecraft: lost, changed: A value is NaN or infinite"
    )
