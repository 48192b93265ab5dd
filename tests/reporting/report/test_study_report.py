"""Mirrors ratecraft/reporting/report/study_report.py."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from ratecraft.records.answer import Answer, RunResult, Verdict
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.blocks import Stat
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.study_report import report_of
from ratecraft.translations.catalogue import LANGUAGES


def with_answer(evidence: Evidence, **changes: object) -> Evidence:
    answer: Answer = replace(evidence.summary.answer, **changes)  # pyright: ignore[reportArgumentType]
    return replace(evidence, summary=replace(evidence.summary, answer=answer))


def test_the_verdict_comes_first_and_every_part_after_it(evidence: Evidence) -> None:
    report = report_of(evidence)
    assert report.verdict == "Gain: val_loss 0.0900 instead of 0.164, 45.1% better."
    assert report.mood == "good"
    assert [section.key for section in report.sections] == [
        "bracket",
        "extremes",
        "comparison",
        "annealing",
        "use",
        "decisions",
        "cost",
        "environment",
    ]


def test_the_few_figures_that_matter_stand_above(evidence: Evidence) -> None:
    assert report_of(evidence).stats == (
        Stat("learning rate", "1.2e-2", "as good: 6e-3 to 2.6e-2"),
        Stat("val_loss", "0.0900", "instead of 0.164, 45.1% better"),
        Stat("compared with your own", "12 times larger", "which was 1e-3"),
        Stat("total cost", f"{evidence.summary.costs.total_runs:.2f} runs", "1 min 5 s"),
    )


def test_what_qualifies_the_result_is_told_at_the_top(evidence: Evidence) -> None:
    rough, momentum = report_of(evidence).remarks
    assert rough.startswith("The interval is rough")
    assert "momentum" in momentum


def test_the_same_study_gives_the_same_file(evidence: Evidence) -> None:
    assert document(report_of(evidence)) == document(report_of(evidence))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_every_verdict_can_be_reported(evidence: Evidence, verdict: Verdict, language: str) -> None:
    report = report_of(with_answer(evidence, verdict=verdict), language)
    assert report.verdict
    assert report.language == language


def test_a_study_that_found_nothing_gives_no_rate(evidence: Evidence) -> None:
    empty = with_answer(
        evidence, verdict="no-information", rate=None, interval=None, tuned=None, final_job="", constant=None
    )
    report = report_of(empty)
    assert report.mood == "open"
    assert report.stats[0] == Stat("learning rate", "–", "the scores do not determine one")
    assert "use" not in {section.key for section in report.sections}


def test_a_study_of_nothing_is_a_page_all_the_same(evidence: Evidence) -> None:
    bare = replace(
        evidence,
        summary=replace(
            evidence.summary, answer=Answer("no-information", evidence.summary.answer.metric), notes=(), code=""
        ),
        made={},
    )
    assert [section.key for section in report_of(bare).sections] == ["cost", "environment"]


def test_a_loss_is_called_worse(evidence: Evidence) -> None:
    report = report_of(with_answer(evidence, verdict="no-gain", tuned=RunResult(0.18, 0.17, 90, 100)))
    assert report.stats[1] == Stat("val_loss", "0.180", "instead of 0.164, 9.8% worse")


def test_a_japanese_report_holds_no_english_sentence(evidence: Evidence) -> None:
    report = report_of(replace(evidence, summary=replace(evidence.summary, code="")), "ja")
    body = re.sub(r"<(script|style)\b.*?</\1>", "", document(report), flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z]{3,}(?: [a-z]{2,}){2,}", re.sub(r"<[^>]*>", " ", body)))
    assert not words
