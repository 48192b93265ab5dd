"""Mirrors ratecraft/reporting/report/diagnosis.py: the fault on the curve, in words, and names of a log as text."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.diagnosis.runs import constant, falling, run
from tests.reporting.html.test_document import HOSTILE, Seen

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.records.outcome import Note
from ratecraft.records.watching.observed import ObservedRun, ObservedSeries, observed_series
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.html.document import document
from ratecraft.reporting.pictures.charts import Chart
from ratecraft.reporting.report.blocks import Code, Figure, Report
from ratecraft.reporting.report.diagnosis import diagnosis_report
from ratecraft.translations.catalogue import LANGUAGES


def diagnosed(observed: ObservedRun, path: str = "train.log") -> Diagnosed:
    return Diagnosed(path, observed, diagnosis_of(observed))


def overfitted() -> ObservedRun:
    checks = np.concatenate([np.linspace(2, 0.6, 9), np.linspace(0.6, 1.0, 21)])
    return run(falling(3000, floor=0.01), shape=constant, checks=checks)


def broken() -> ObservedRun:
    losses = falling(1000)
    losses[600:] = math.nan
    return run(losses)


def charts(report: Report) -> list[Chart]:
    return [block.chart for section in report.sections for block in section.blocks if isinstance(block, Figure)]


def test_the_steps_that_show_a_finding_are_shaded_on_the_curves() -> None:
    told = diagnosed(overfitted())
    report = diagnosis_report([told])
    (finding,) = told.diagnosis.findings
    (chart,) = charts(report)
    assert chart.band == (finding.steps[0], finding.steps[1])
    assert [[line.label for line in panel.lines] for panel in chart.panels] == [
        ["training loss", "validation loss"],  # one panel: over-fitting is the gap between them
        ["learning rate"],
    ]
    assert chart.panels[0].marks[0].place == finding.steps[0]


def test_where_a_loss_is_no_number_a_cross_stands_at_the_last_loss_before_it() -> None:
    observed = broken()
    (chart,) = charts(diagnosis_report([diagnosed(observed)]))
    (cross,) = [mark for mark in chart.panels[0].marks if mark.kind == "cross"]
    assert (cross.place, cross.at) == (600, observed.series["loss"].values[599])
    assert all(value is None for value in chart.panels[0].lines[0].values[-100:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_where_what_to_do_and_which_schedule(language: str) -> None:
    page = document(diagnosis_report([diagnosed(overfitted()), diagnosed(broken(), "other.log")], language))
    seen = re.sub(r"<[^>]+>", "", page)
    for words in ("train.log", "other.log", "600"):
        assert words in seen
    told = {"en": "Your schedule: constant, at", "ja": "現在のスケジュール: 一定"}
    assert told[language] in seen
    assert f'<html lang="{language}">' in page
    read = "".join(Seen(page).texts(tag)[0] for tag in ("h1", "h2", "figcaption"))
    assert "{" not in read


def test_a_finding_shows_the_change_of_code_that_carries_its_advice_out() -> None:
    report = diagnosis_report([diagnosed(overfitted())])
    (code, *_) = [block for section in report.sections for block in section.blocks if isinstance(block, Code)]
    assert any(line.startswith("+") for line in code.text.splitlines())


def test_a_healthy_run_is_good_news_with_its_curves() -> None:
    report = diagnosis_report([diagnosed(run(falling(1000)))])
    assert (report.mood, report.verdict) == ("good", "Nothing wrong was found.")
    assert charts(report)[0].band is None


def test_a_run_of_which_too_little_was_seen_is_open_with_the_reason() -> None:
    report = diagnosis_report([diagnosed(run(falling(1000))), diagnosed(run(falling(4)))])
    assert (report.mood, report.verdict) == ("open", "Cannot judge.")
    assert report.meaning.startswith("4 training losses are too few.")


def test_what_more_to_log_is_said() -> None:
    flat = run(1.7 + 0.01 * np.random.default_rng(0).normal(size=500))
    assert "Log update_ratio, grad_norm to decide." in document(diagnosis_report([diagnosed(flat)]))


def test_a_run_without_a_curve_and_no_run_at_all_make_a_page() -> None:
    assert charts(diagnosis_report([diagnosed(ObservedRun({}, "step"))])) == []
    assert document(diagnosis_report([])).startswith("<!DOCTYPE html>")


def test_a_run_of_a_million_steps_makes_a_file_that_can_be_mailed() -> None:
    losses = ObservedSeries("loss", np.arange(10**6), np.linspace(2, 1, 10**6))
    report = diagnosis_report([diagnosed(ObservedRun({"loss": losses}, "step"))])
    assert max(len(panel.places) for chart in charts(report) for panel in chart.panels) <= 2000
    assert len(document(report).encode()) < 1_000_000


def hostile(words: str) -> Diagnosed:
    """A run with the words wherever a log has names of its own."""
    observed = broken()
    series = {**observed.series, words: observed_series(words, [0, 1], [1.0, 2.0])}
    named = ObservedRun(series, "step", {words: words, "optimizer": words}, words)
    return replace(diagnosed(named, words), notes=(Note("log-torn-json", {"count": 1, "places": words}),))


@pytest.mark.parametrize("words", HOSTILE)
def test_names_from_a_log_are_text_wherever_they_stand(words: str) -> None:
    told, plain = document(diagnosis_report([hostile(words)])), document(diagnosis_report([hostile("name")]))
    assert [tag for tag, _ in Seen(told).tags] == [tag for tag, _ in Seen(plain).tags]
    assert Seen(told).texts("script", type=None) == Seen(plain).texts("script", type=None)
    (data,) = Seen(told).texts("script", type="application/json")
    assert not set("<>&") & set(data)
    assert json.loads(data)["charts"]
    told.encode("utf-8")
