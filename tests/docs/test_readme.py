"""README, usage and glossary: both languages have the same commands, parts and links in the same order."""

import re

import pytest
from tests.docs.markdown import ROOT, Document

PAIRS = [
    (Document(ROOT / "README.md"), Document(ROOT / "README.ja.md")),
    (Document(ROOT / "docs/usage.md"), Document(ROOT / "docs/usage.ja.md")),
    (Document(ROOT / "docs/glossary.md"), Document(ROOT / "docs/glossary.ja.md")),
]
both = pytest.mark.parametrize(("english", "japanese"), PAIRS, ids=["readme", "usage", "glossary"])
_INLINE = re.compile(r"`((?:ratecraft|--)[^`]*)`")


def without_comments(code: str) -> list[str]:
    return [re.sub(r"\s*#.*", "", line) for line in code.splitlines()]


def in_prose(document: Document) -> list[str]:
    """Commands and options within sentences, once each: a sentence of another language has another order."""
    return sorted({found for found in _INLINE.findall(document.text) if "--language ja" not in found})


@both
def test_the_same_commands_are_typed(english: Document, japanese: Document) -> None:
    assert japanese.commands() == english.commands()
    assert in_prose(japanese) == in_prose(english)


@both
def test_the_same_code_is_shown(english: Document, japanese: Document) -> None:
    ours, theirs = (list(map(without_comments, each.blocks("python"))) for each in (english, japanese))
    assert ours == theirs


@both
def test_the_parts_are_the_same(english: Document, japanese: Document) -> None:
    assert japanese.headings() == english.headings()
    assert rows(japanese) == rows(english)


def rows(document: Document) -> int:
    return len(re.findall(r"^\|.*\|$", document.text, re.MULTILINE))


@pytest.mark.parametrize("document", [each for pair in PAIRS for each in pair], ids=lambda each: each.path.name)
def test_what_is_linked_is_there(document: Document) -> None:
    places = [link.split("#")[0] for link in document.links() if "://" not in link]
    assert [place for place in places if place and not (document.path.parent / place).exists()] == []


@both
def test_both_lead_to_the_same_places(english: Document, japanese: Document) -> None:
    ours, theirs = ([of_language(link) for link in each.links()] for each in (english, japanese))
    assert sorted(ours) == sorted(theirs)


def of_language(link: str) -> str:
    """A link with the language taken out of the path, and without the heading, which is in that language."""
    page = link.split("#")[0] if "usage" in link else link
    for said, name in ((".ja.md", ".md"), ("guide/ja/", "guide/en/"), ("report-ja", "report-light")):
        page = page.replace(said, name)
    return page


def test_the_tour_is_short() -> None:
    assert all(len(each.text.splitlines()) <= 200 for each in PAIRS[0])
