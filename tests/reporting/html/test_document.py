"""Mirrors ratecraft/reporting/html/document.py: one file, nothing from outside, nothing from data that runs."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ratecraft.records.answer import Decision
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Group, Outcome
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.study_report import report_of

HOSTILE = (
    "</script><script>alert(1)</script>",
    '<img src="https://evil.example/x" onerror=alert(1)>',
    '"><svg onload=alert(1)>',
    "<!--<script>",
    "]]></style><style>*{display:none}</style>",
    "a\x00b\u2028c\ud800\u202e{rate} {0} %s",
)


class Seen(HTMLParser):
    """Tags with their attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[int, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", {}))

    def handle_data(self, data: str) -> None:
        at = len(self.tags) - 1
        self.inside[at] = self.inside.get(at, "") + data

    def texts(self, name: str, **wanted: str | None) -> list[str]:
        return [
            self.inside.get(at, "")
            for at, (tag, attributes) in enumerate(self.tags)
            if tag == name and all(attributes.get(key) == value for key, value in wanted.items())
        ]


@pytest.fixture
def page(evidence: Evidence) -> str:
    return document(report_of(evidence))


def renamed(outcome: Outcome, words: str) -> Outcome:
    figures = tuple(replace(each, name=words) for each in outcome.figures)
    return replace(outcome, figures=figures, facts=replace(outcome.facts, optimizers=(words,), frameworks=(words,)))


def hostile(evidence: Evidence, words: str) -> Evidence:
    """The study, with the words wherever a study has names of its own."""
    answer = replace(
        evidence.summary.answer,
        metric=Metric(words, "min"),
        decisions=(
            *evidence.summary.answer.decisions,
            Decision("final-failed", {"step": 3, "name": words, "text": words}),
        ),
        groups=(Group(1, 0.1, 1.0), Group(2, 0.1, 0.5)),
    )
    made = {key: replace(each, outcome=renamed(each.outcome, words)) for key, each in evidence.made.items()}
    header = replace(evidence.header, name=words, script=words, arguments=(words,), torch_version=words, created=words)
    summary = replace(evidence.summary, study=words, answer=answer, code=f"# {words}\n")
    return replace(evidence, summary=summary, header=header, made=made)


def test_the_policy_names_the_hash_of_every_script_and_style_and_allows_nothing_else(page: str) -> None:
    seen = Seen(page)
    (policy,) = [
        each["content"] or "" for tag, each in seen.tags if each.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    def hashes(texts: list[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in texts)
        return " ".join(f"'sha256-{each}'" for each in digests)

    assert rules == {
        "default-src": "'none'",
        "script-src": hashes(seen.texts("script", type=None)),
        "style-src": hashes(seen.texts("style")),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_policy_stands_before_whatever_it_governs(page: str) -> None:
    assert page.index("Content-Security-Policy") < min(page.index("<link"), page.index("<style"), page.index("<script"))


def test_nothing_points_outside_the_file(page: str) -> None:
    for _, attributes in Seen(page).tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert re.match(r"#|data:image/svg\+xml,", attributes.get(name) or "#")
    style = "".join(Seen(page).texts("style"))
    assert "url(" not in style
    assert "@import" not in style


def test_no_attribute_holds_a_script_or_a_style(page: str) -> None:
    names = {name for _, attributes in Seen(page).tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("words", HOSTILE)
def test_names_from_a_study_are_text_wherever_they_stand(evidence: Evidence, page: str, words: str) -> None:
    told = document(report_of(hostile(evidence, words)))
    plain = document(report_of(hostile(evidence, "name")))
    assert [tag for tag, _ in Seen(told).tags] == [tag for tag, _ in Seen(plain).tags]
    assert Seen(told).texts("script", type=None) == Seen(page).texts("script", type=None)
    assert Seen(told).texts("style") == Seen(page).texts("style")
    told.encode("utf-8")


@pytest.mark.parametrize("words", HOSTILE)
def test_data_are_json_that_cannot_end_their_element(evidence: Evidence, words: str) -> None:
    (data,) = Seen(document(report_of(hostile(evidence, words)))).texts("script", type="application/json")
    assert not set("<>&") & set(data)
    charts = {chart["key"]: chart for chart in json.loads(data)["charts"]}
    assert charts["comparison"]["panels"][0]["upright"]["label"] == words


def test_a_study_s_report_is_small(page: str) -> None:
    assert len(page.encode()) < 1_000_000


def test_a_run_of_a_million_steps_makes_a_file_that_can_be_mailed(evidence: Evidence) -> None:
    final = evidence.made[evidence.summary.answer.final_job]
    long = replace(final, outcome=replace(final.outcome, losses=final.outcome.losses * 700, steps=980_000))
    page = document(report_of(replace(evidence, made={**evidence.made, final.job.key: long})))
    assert len(page.encode()) < 1_000_000
    (data,) = Seen(page).texts("script", type="application/json")
    for chart in json.loads(data)["charts"]:
        for panel in chart["panels"]:
            assert len(panel["places"]) <= 4000


def test_the_licence_of_what_is_inlined_goes_with_it(page: str) -> None:
    from importlib import resources

    assets = resources.files("ratecraft.reporting.html").joinpath("assets")
    version = re.search(r"uPlot \(v([\d.]+)\)", page)
    assert version
    assert f"| {version[1]} | MIT" in assets.joinpath("VENDORED.md").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in assets.joinpath("uPlot.LICENSE.txt").read_text(encoding="utf-8")
