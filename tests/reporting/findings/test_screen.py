"""Mirrors ratecraft/reporting/findings/screen.py: every finding has words in both languages, nothing is markup."""

import ast
import json
import math
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from tests.diagnosis.any_runs import runs
from tests.diagnosis.runs import constant, falling, run, series

import ratecraft.diagnosis.diagnosing
from ratecraft.diagnosis.diagnosing import EXPLAINS, diagnosis_of
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed, findings_html, findings_json, findings_text
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.diagnosis import diagnosis_report
from ratecraft.reporting.text.page import Page, cells
from ratecraft.translations.catalogue import LANGUAGES, all_sentences

ROOM = Path(ratecraft.diagnosis.diagnosing.__file__).parent
ACTS = ROOM.parent / "watching" / "acts.py"  # what a guard did is told as findings too


def overfitted() -> ObservedRun:
    checks = np.concatenate([np.linspace(2, 0.6, 9), np.linspace(0.6, 1.0, 21)])
    return run(falling(3000, floor=0.01), shape=constant, checks=checks)


def broken() -> ObservedRun:
    losses = falling(1000)
    losses[600:] = math.nan
    return run(losses)


def flat() -> ObservedRun:
    return run(1.7 + 0.01 * np.random.default_rng(0).normal(size=500))


def diagnosed(observed: ObservedRun, path: str = "train.log") -> Diagnosed:
    return Diagnosed(path, observed, diagnosis_of(observed))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_screen_says_what_where_and_what_to_do(language: str, width: int) -> None:
    text = findings_text([diagnosed(overfitted()), diagnosed(broken())], Page(language, width))
    for code in ("[overfit]", "[non-finite]", "train.log"):
        assert code in text
    assert max(cells(line) for line in text.splitlines()) <= max(min(width, 100), 40)
    assert "{" not in text


def test_what_follows_is_named_with_its_cause_and_what_is_open_with_what_to_log() -> None:
    assert "Related: The rate is never lowered" in findings_text([diagnosed(overfitted())], Page(width=100))
    assert "Log update_ratio, grad_norm to decide." in findings_text([diagnosed(flat())], Page(width=200))


def test_a_healthy_run_has_one_sentence() -> None:
    assert findings_text([diagnosed(run(falling(1000)))], Page()).endswith("Nothing wrong was found.")


def test_json_says_the_same_and_holds_no_value_that_json_has_not() -> None:
    told = findings_json([diagnosed(overfitted()), diagnosed(broken()), diagnosed(flat())], "ja")
    again = json.loads(json.dumps(told, allow_nan=False))
    first = again["runs"][0]["findings"][0]
    assert (first["code"], first["severity"], first["status"]) == ("overfit", "warning", "observed")
    assert first["text"] == findings_json([diagnosed(overfitted())], "ja")["runs"][0]["findings"][0]["text"]
    assert again["runs"][0]["explained"][0]["by"] == "overfit"
    assert again["runs"][2]["undecided"][0]["wanted"] == ["update_ratio", "grad_norm"]


def test_ascii_pages_get_ascii() -> None:
    assert findings_text([diagnosed(overfitted())], Page(unicode=False)).isascii()


def test_names_from_a_log_are_never_markup() -> None:
    observed = ObservedRun({"<script>": series("<script>", [1.0, 2.0])}, "step", {}, "<b>")
    page = findings_html([Diagnosed("<img>", observed, diagnosis_of(observed))])
    assert "<img>" not in page
    assert "<script>" not in page


def test_every_code_of_the_room_is_worded_and_every_cause_is_one() -> None:
    texts = {
        node.value
        for file in (*ROOM.rglob("*.py"), ACTS)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    worded = {key.split(".")[1] for key in all_sentences("en") if key.startswith("finding.")}
    assert worded <= texts
    explained = {code for codes in EXPLAINS.values() for code in codes}
    assert set(EXPLAINS) | explained <= worded


def test_titles_take_no_numbers() -> None:
    for language in LANGUAGES:
        for key, text in all_sentences(language).items():
            if key.startswith("finding.") and key.endswith(".title"):
                assert not [name for _, name, _, _ in string.Formatter().parse(text) if name], key


@pytest.mark.filterwarnings("error")
@given(observed=runs())
def test_whatever_was_logged_can_be_said(observed: ObservedRun) -> None:
    told = [diagnosed(observed)]
    for language in LANGUAGES:
        assert "train.log" in findings_text(told, Page(language))
        assert json.loads(json.dumps(findings_json(told, language), allow_nan=False))["runs"][0]["path"] == "train.log"
        assert document(diagnosis_report(told, language)).startswith("<!DOCTYPE html>")
