"""Mirrors ratecraft/reporting/text/page.py."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ratecraft.reporting.text.page import Page, cells, pad, page_of, table, wrap

MIXED = st.text(alphabet="abc xyz学習率、。スケジュール×○●⣿─「」1.2e-3", max_size=60)


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


@given(MIXED)
def test_cells_agree_with_rich(text: str) -> None:
    assert cells(text) == cell_len(text)


@given(MIXED, st.integers(0, 40))
def test_padding_reaches_the_width_and_never_cuts(text: str, width: int) -> None:
    assert cells(pad(text, width)) == max(cells(text), width)


@given(MIXED, st.integers(16, 80))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest = max(cells(word) for word in ["", *text.split()])
    assert all(cells(line) <= max(width, longest) for line in lines)


def test_japanese_lines_never_begin_with_a_closing_mark() -> None:
    lines = wrap("損失は、下がりました。次へ、進みます。「はい」と言う。", 12)
    assert not any(line.startswith(("、", "。", "」")) for line in lines)


def test_katakana_words_stay_whole() -> None:
    assert wrap("率とスケジュール", 14) == ("率と", "スケジュール")


def test_later_lines_hang() -> None:
    assert wrap("1. one two three", 10, hang="   ") == ("1. one two", "   three")


def test_tables_align_wide_characters() -> None:
    lines = table([("学習率", "損失"), ("a", "0.5")])
    assert {cells(line) for line in lines} == {13}


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_a_terminal_has_the_colour_that_its_environment_allows(environment: dict[str, str], colour: bool) -> None:
    assert page_of(Terminal(), environment).colour is colour


@pytest.mark.parametrize(("force", "colour"), [("1", True), ("0", False), ("", False)])
def test_a_pipe_has_colour_only_by_force(force: str, colour: bool) -> None:
    assert page_of(io.StringIO(), {"FORCE_COLOR": force}).colour is colour


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("12", 40), ("wide", 80), ("", 80), ("0", 80)])
def test_columns_decide_the_width_where_they_are_a_number(columns: str, width: int) -> None:
    assert page_of(io.StringIO(), {"COLUMNS": columns}).width == width


def test_a_stream_without_japanese_gets_english_in_ascii() -> None:
    assert page_of(Terminal("ascii"), {}, "ja") == Page("en", 80, colour=True, unicode=False)


def test_a_japanese_stream_keeps_its_language() -> None:
    assert page_of(Terminal("euc-jp"), {}, "ja").language == "ja"


def test_ascii_pages_spell_every_sentence_in_ascii() -> None:
    assert Page(unicode=False).spell("× → – … ✓").isascii()


def test_paint_leaves_plain_pages_alone() -> None:
    assert Page().paint("rate", "good") == "rate"
    assert Page(colour=True).paint("rate", "good") == "\x1b[1;32mrate\x1b[0m"
