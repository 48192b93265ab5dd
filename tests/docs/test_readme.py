"""README.ja.md gives the tour of README.md: the same commands, parts and links in the same order."""

import re

import pytest
from tests.docs.markdown import ROOT, Document

ENGLISH, JAPANESE = Document(ROOT / "README.md"), Document(ROOT / "README.ja.md")
_INLINE = re.compile(r"`((?:ratecraft|--)[^`]*)`")


def without_comments(code: str) -> list[str]:
    return [re.sub(r"\s*#.*", "", line) for line in code.splitlines()]


def in_prose(document: Document) -> list[str]:
    """Commands and options within sentences, once each: a sentence of another language has another order."""
    return sorted({found for found in _INLINE.findall(document.text) if "--language ja" not in found})


def test_the_same_commands_are_typed() -> None:
    assert JAPANESE.commands() == ENGLISH.commands()
    assert in_prose(JAPANESE) == in_prose(ENGLISH)


def test_the_same_code_is_shown() -> None:
    english, japanese = (list(map(without_comments, each.blocks("python"))) for each in (ENGLISH, JAPANESE))
    assert japanese == english


def test_the_parts_are_the_same() -> None:
    assert JAPANESE.headings() == ENGLISH.headings()
    assert rows(JAPANESE) == rows(ENGLISH)


def rows(document: Document) -> int:
    return len(re.findall(r"^\|.*\|$", document.text, re.MULTILINE))


@pytest.mark.parametrize("document", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_what_is_linked_is_there(document: Document) -> None:
    places = [link.split("#")[0] for link in document.links() if "://" not in link]
    assert [place for place in places if place and not (ROOT / place).exists()] == []


def test_both_lead_to_the_same_places() -> None:
    others = {"README.md", "README.ja.md", "docs/images/report-light.png", "docs/images/report-ja.png"}
    english, japanese = ([link for link in each.links() if link not in others] for each in (ENGLISH, JAPANESE))
    assert sorted(japanese) == sorted(english)
