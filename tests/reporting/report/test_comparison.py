"""Mirrors ratecraft/reporting/report/comparison.py."""

from dataclasses import replace

from tests.reporting.invented import HORIZON

from ratecraft.records.answer import Decision
from ratecraft.records.metrics import Metric
from ratecraft.reporting.report.blocks import Figure, Table, Text
from ratecraft.reporting.report.comparison import annealing_section, comparison_section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page


def with_answer(evidence: Evidence, **changes: object) -> Evidence:
    answer = replace(evidence.summary.answer, **changes)  # pyright: ignore[reportArgumentType]
    return replace(evidence, summary=replace(evidence.summary, answer=answer))


def test_the_full_runs_stand_side_by_side(evidence: Evidence) -> None:
    section = comparison_section(evidence, Page())
    assert section
    table, figure = section.blocks
    assert isinstance(table, Table)
    assert isinstance(figure, Figure)
    assert [row[:3] for row in table.rows] == [
        ("your script", "0.164", "0.164"),
        ("constant rate", "0.160", "0.150"),
        ("tuned", "0.0900", "0.0840"),
    ]
    assert [row[-1] for row in table.rows] == ["", "2.4% better", "45.1% better"]
    assert figure.chart.title == "val_loss at the end: 0.164 as it was, 0.0900 tuned."
    assert [panel.upright.label for panel in figure.chart.panels] == ["val_loss", "training loss", "rate"]
    assert [line.role for line in figure.chart.panels[0].lines] == ["own", "constant", "chosen"]
    assert figure.chart.panels[2].places[-1] == HORIZON - 1


def test_a_training_loss_has_no_panel_of_its_own(evidence: Evidence) -> None:
    section = comparison_section(with_answer(evidence, metric=Metric("val_loss", "min", "training")), Page())
    assert section
    figure = section.blocks[-1]
    assert isinstance(figure, Figure)
    assert [panel.upright.label for panel in figure.chart.panels] == ["training loss", "rate"]


def test_a_study_without_full_runs_has_no_comparison(evidence: Evidence) -> None:
    empty = with_answer(evidence, baseline=None, tuned=None, constant=None, final_job="")
    assert comparison_section(replace(empty, made={}), Page()) is None


def test_what_annealing_gained_is_told_with_its_figures(evidence: Evidence) -> None:
    section = annealing_section(evidence, Page())
    assert section
    *said, table = section.blocks
    assert [type(each) for each in said] == [Text, Text]
    assert isinstance(table, Table)
    assert table.rows == (
        ("probe at 1.6e-2, 250 steps", "0.330", "0.225"),
        ("full run at 1.2e-2", "0.160", "0.0900"),
    )


def test_why_annealing_was_not_measured_is_told(evidence: Evidence) -> None:
    skipped = (Decision("annealing-not-compared", {"runs": 0.1, "budget": 1.7}),)
    section = annealing_section(with_answer(evidence, decisions=skipped, unannealed=None, constant=None), Page())
    assert section
    (said,) = section.blocks
    assert isinstance(said, Text)
    assert said.words.startswith("What annealing gains over a fixed rate was not measured")


def test_a_study_that_never_asked_says_nothing_of_annealing(evidence: Evidence) -> None:
    assert annealing_section(with_answer(evidence, decisions=()), Page()) is None
