"""Mirrors ratecraft/reporting/html/markup.py."""

from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.html.elements import Markup, element, text


@given(st.text(max_size=40))
def test_text_never_opens_a_tag_and_says_what_was_given(words: str) -> None:
    shown = text(words)
    assert not set("<>\"'") & set(shown)
    assert [a == b or b == "\ufffd" for a, b in zip(words, unescape(shown), strict=True)].count(
        False
    ) == 0 or "&" in words


@given(st.text(max_size=40))
def test_an_attribute_is_read_back_as_text(value: str) -> None:
    seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, attrs))

    Reader().feed(element("p", Markup(""), title=f"x{value}"))
    ((tag, attributes),) = seen
    assert tag == "p"
    assert [name for name, _ in attributes] == ["title"]


def test_what_has_no_place_in_a_page_is_replaced() -> None:
    assert text("a\x00b\x1b[31mc\ud800d\u202ee") == "a\ufffdb\ufffd[31mc\ufffdd\ufffde"


def test_names_of_attributes_and_empty_values() -> None:
    assert element("p", class_="", aria_label="x", hidden=True, open=False) == '<p aria-label="x" hidden></p>'
