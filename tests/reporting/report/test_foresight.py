"""Mirrors ratecraft/reporting/report/foresight.py."""

from dataclasses import replace

from ratecraft.records.answer import Foreseen, Span
from ratecraft.reporting.pictures.charts import Panel
from ratecraft.reporting.report.blocks import Figure, Table, Text
from ratecraft.reporting.report.comparison import comparison_section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.foresight import foresight_section
from ratecraft.reporting.text.page import Page

FORESEEN = Foreseen(Span(0.1, 0.08, 0.13), Span(0.09, 0.06, 0.14))


def telling(evidence: Evidence, **changes: object) -> Evidence:
    answer = replace(evidence.summary.answer, **{"foreseen": FORESEEN, **changes})  # pyright: ignore[reportArgumentType]
    return replace(evidence, summary=replace(evidence.summary, answer=answer))


def first_panel(evidence: Evidence) -> Panel:
    section = comparison_section(evidence, Page())
    assert section
    return next(block.chart.panels[0] for block in section.blocks if isinstance(block, Figure))


def test_what_was_said_stands_against_what_came(evidence: Evidence) -> None:
    section = foresight_section(telling(evidence, twice=Span(0.085, 0.07, 0.1)), Page())
    assert section
    *said, table = section.blocks
    assert all(isinstance(block, Text) for block in said)
    assert isinstance(table, Table)
    assert table.rows == (
        ("The final run, forecast before it started", "0.100", "0.0800", "0.130", "0.0900"),
        ("Twice its steps, forecast before it started", "0.0900", "0.0600", "0.140", "–"),
        ("Twice its steps, forecast after it ended", "0.0850", "0.0700", "0.100", "–"),
    )


def test_a_study_that_foresaw_nothing_has_no_such_part(evidence: Evidence) -> None:
    assert foresight_section(evidence, Page()) is None


def test_the_interval_stands_at_the_end_of_the_curve_and_moves_no_other_line(evidence: Evidence) -> None:
    before, after = first_panel(evidence), first_panel(telling(evidence))
    low, high = after.lines[len(before.lines) :]
    horizon = evidence.summary.answer.horizon
    for line, value in ((low, 0.08), (high, 0.13)):
        drawn = {place: each for place, each in zip(after.places, line.values, strict=True) if each is not None}
        assert set(drawn.values()) == {value}
        assert max(drawn) == horizon
        assert min(drawn) > 0.9 * horizon
    for old, new in zip(before.lines, after.lines, strict=False):
        told = {place: each for place, each in zip(after.places, new.values, strict=True) if each is not None}
        assert told == {place: each for place, each in zip(before.places, old.values, strict=True) if each is not None}


def test_without_a_final_run_no_curve_is_there_to_mark(evidence: Evidence) -> None:
    assert len(first_panel(telling(evidence, tuned=None)).lines) == len(first_panel(evidence).lines)
