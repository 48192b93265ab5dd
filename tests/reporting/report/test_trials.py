"""Mirrors ratecraft/reporting/report/trials.py: what a search teaches, as blocks and as a page."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.reporting.browser import opened
from tests.reporting.invented import study
from tests.reporting.results.test_lessons import searched

from ratecraft.reporting.html.document import document
from ratecraft.reporting.html.markup import block
from ratecraft.reporting.report.blocks import Parallel, Section, Table, Text
from ratecraft.reporting.report.bracket import bracket_section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.study_report import report_of
from ratecraft.reporting.report.trials import trials_section
from ratecraft.reporting.text.page import Page


def evidence_of(*scores: float | None, method: str = "random", rung: int = 0) -> Evidence:
    evidence = study()
    answer = replace(searched(*scores, method=method, rung=rung), rate=1e-4, own_rate=1e-3)
    return replace(evidence, summary=replace(evidence.summary, answer=answer))


def section_of(evidence: Evidence) -> Section:
    section = trials_section(evidence, Page())
    assert section is not None
    return section


MANY = tuple(0.1 + 0.05 * place for place in range(24))


def test_a_line_goes_through_the_values_of_a_trial_to_its_place() -> None:
    parallel = section_of(evidence_of(0.1, 0.2, 0.3, None)).blocks[0]
    assert isinstance(parallel, Parallel)
    assert parallel.axes == (("rate", "1e-4", "1"), ("kind", "sgd", "adam"), ("ranking", "best", "last"))
    worst, *_, best = parallel.strands
    assert best.places == (pytest.approx(0), 1.0, 0.0)
    assert worst.places == (pytest.approx(0.75), 0.0, 1.0)
    assert [strand.is_good for strand in parallel.strands] == [False, False, False, True]


def test_of_thousands_of_trials_some_are_drawn_and_the_best_are_listed() -> None:
    section = section_of(evidence_of(*(0.1 + place for place in range(2000))))
    parallel, table = section.blocks[0], section.blocks[-1]
    assert isinstance(parallel, Parallel)
    assert isinstance(table, Table)
    assert len(parallel.strands) <= 240
    assert (len(table.rows), table.caption[:26]) == (200, "The best 200 of 2,000 tria")


def test_it_tells_what_the_ranking_hangs_on_and_whether_fewer_would_have_done() -> None:
    blocks = section_of(evidence_of(*MANY)).blocks
    tables = {each.caption.split(":")[0]: each.rows for each in blocks if isinstance(each, Table)}
    hyperparameter, share = tables["What the ranking depends on"][0]
    assert hyperparameter == "rate"
    assert 80 < int(share.rstrip("%")) <= 100
    assert tables["The best of fewer of these trials, over all ways to choose them"][-1] == (
        "24",
        *(tables["The best of fewer of these trials, over all ways to choose them"][-1][1],) * 3,
    )
    assert any(isinstance(each, Text) and "would have been enough" in each.words for each in blocks)


def test_rungs_are_told_of_a_search_that_has_them_and_no_fewer_trials_are_made_up() -> None:
    blocks = section_of(evidence_of(*MANY, method="asha", rung=25)).blocks
    tables = {each.caption: each.rows for each in blocks if isinstance(each, Table)}
    assert tables["How far the trials got"] == (("25", "24"), ("400", "12"))
    assert not any("fewer" in caption for caption in tables)


def test_few_trials_are_said_to_be_too_few() -> None:
    section = bracket_section(evidence_of(0.1, 0.2, 0.3), Page())
    assert section is not None
    (figure,) = section.blocks
    assert "too few rates here for a curve with an interval" in getattr(figure, "caption", "")


def test_the_response_is_drawn_with_its_band() -> None:
    section = bracket_section(evidence_of(*MANY), Page())
    assert section is not None
    chart = section.blocks[0].chart  # type: ignore[union-attr]
    assert [(line.label, line.is_faint) for line in chart.panels[0].lines if line.role == "fit"] == [
        ("smooth curve", False),
        ("its band: lower edge", True),
        ("its band: upper edge", True),
    ]


def test_names_from_a_study_are_text_in_the_parallel_view() -> None:
    hostile = Parallel("<b>", (("<i>", "<u>", "&"), ("x", "y", "z")), ())
    said = block(hostile, Page())
    assert "<b>" not in said
    assert "<i>" not in said
    assert "<u>" not in said


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_fits_a_narrow_window_and_has_nothing_to_complain_of(language: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(document(report_of(evidence_of(*MANY), language)), encoding="utf-8")
    with opened(tmp_path / "profile") as browser:
        for theme, width in (("light", 320), ("dark", 1000)):
            browser.open(file, theme=theme, width=width)
            assert browser.run("return document.documentElement.scrollWidth") <= width
            assert browser.complaints() == []
        lines = "return arguments[0].querySelectorAll('line').length"
        assert browser.run(lines, browser.find(".parallel")) == 24 * 2
