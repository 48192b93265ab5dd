"""What the source cites is in the repository: pages of `docs/reference`, their headings and entries, and decisions."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT

from ratecraft.translations.catalogue import has_sentence

REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(path.name for path in REFERENCE.glob("*.md"))
SOURCES = sorted(
    path for folder in ("src", "benchmarks", "tests", "examples", "docs") for path in (ROOT / folder).rglob("*.py")
)
_CITED = re.compile(r'(?:docs/reference/|\()([a-z-]+\.md)((?:(?:,| and) (?:"[^"]+"|[A-Z]\d\d\b))*)')
_ENTRY = re.compile(r"\b[A-Z]\d\d\b")
_DECISION = re.compile(r"benchmark, decisions? (\d+(?:, \d+)*)")
_ELSEWHERE = re.compile(r"DESIGN §|§ ?\d|catalogue [A-Z]\d|reference page|prototype")


def text_of(path: Path) -> str:
    """As one line, so that a citation may be broken."""
    return re.sub(r"\s*\n\s*(?:# )?", " ", path.read_text(encoding="utf-8"))


@cache
def headings(page: str) -> frozenset[str]:
    return frozenset(re.findall(r"^#+ (.+)$", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE))


@cache
def entries() -> frozenset[str]:
    return frozenset(
        re.findall(r"^\| ([A-Z]\d\d) \|", (REFERENCE / "findings.md").read_text(encoding="utf-8"), re.MULTILINE)
    )


def unresolved(text: str) -> list[str]:
    """What a text cites and is not there.

    Example:
        >>> unresolved('Source: docs/reference/findings.md, L06, L99 and "Judging".')
        ['L99']
    """
    missing = list[str]()
    for page, places in _CITED.findall(text):
        if page not in PAGES:
            missing.append(page)
            continue
        missing += [each for each in re.findall(r'"([^"]+)"', places) if each not in headings(page)]
    if "findings.md" in text:
        missing += [each for each in _ENTRY.findall(text) if each not in entries()]
    missing += [
        number for found in _DECISION.findall(text) for number in found.split(", ") if number not in decisions()
    ]
    return missing + _ELSEWHERE.findall(text)


@cache
def decisions() -> frozenset[str]:
    text = (ROOT / "benchmarks" / "tuning" / "decisions.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^\| (\d+) \|", text, re.MULTILINE))


def test_every_citation_of_the_source_is_there() -> None:
    found = {str(path.relative_to(ROOT)): unresolved(text_of(path)) for path in SOURCES if path != Path(__file__)}
    assert {path: missing for path, missing in found.items() if missing} == {}


@pytest.mark.parametrize(
    "wrong", ["docs/reference/none.md", 'docs/reference/tuner.md, "None"', "findings.md, L99", "DESIGN §5"]
)
def test_a_citation_that_leads_nowhere_is_found(wrong: str) -> None:
    assert unresolved(f"Source: {wrong}.") != []


def test_every_rule_of_the_tuner_names_a_decision_of_the_benchmark() -> None:
    rows = re.findall(r"^\|.*\| (\d+) \|$", (REFERENCE / "tuner.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 5
    assert set(rows) <= decisions()


def test_every_code_of_the_catalogue_of_findings_is_one() -> None:
    rows = re.findall(
        r"^\| [A-Z]\d\d \| ([^|]+) \|", (REFERENCE / "findings.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    codes = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    assert len(codes) > 30
    assert sorted(code for code in codes if not has_sentence(f"finding.{code}.title")) == []


def test_every_page_is_listed() -> None:
    listed = re.findall(r"\]\(([a-z-]+\.md)\)", (REFERENCE / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted({*PAGES} - {"README.md"})
