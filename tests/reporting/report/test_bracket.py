"""Mirrors ratecraft/reporting/report/bracket.py."""

import math
from dataclasses import replace

import pytest
from tests.reporting.invented import CHOSEN, EDGE, LONG, SHORT

from ratecraft.records.answer import Answer, Decision, Probe
from ratecraft.records.metrics import Metric
from ratecraft.reporting.report.blocks import Figure
from ratecraft.reporting.report.bracket import bracket_section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page


def figure(evidence: Evidence, **changes: object) -> Figure:
    answer: Answer = replace(evidence.summary.answer, **changes)  # pyright: ignore[reportArgumentType]
    section = bracket_section(replace(evidence, summary=replace(evidence.summary, answer=answer)), Page())
    assert section
    (block,) = section.blocks
    assert isinstance(block, Figure)
    return block


def test_every_scored_probe_is_a_point_of_its_rung(evidence: Evidence) -> None:
    (panel,) = figure(evidence).chart.panels
    for line, stop in zip(panel.lines, (SHORT, LONG), strict=False):
        drawn = {place: value for place, value in zip(panel.places, line.values, strict=True) if value is not None}
        probes = [each for each in evidence.summary.answer.probes if each.stop == stop and each.score is not None]
        assert drawn == {each.rate: each.score for each in probes}


def test_a_probe_that_blew_up_is_a_cross(evidence: Evidence) -> None:
    (panel,) = figure(evidence).chart.panels
    assert [(mark.place, mark.label) for mark in panel.marks if mark.kind == "cross"] == [(EDGE, "blown up")]


def without_scale(evidence: Evidence) -> Figure:
    """Of a study that knows no score of the untrained model: without the one picture."""
    decisions = tuple(each for each in evidence.summary.answer.decisions if each.code != "untrained")
    return figure(evidence, decisions=decisions)


def test_the_parabola_passes_through_the_longest_probes(evidence: Evidence) -> None:
    (panel,) = without_scale(evidence).chart.panels
    fit = next(line for line in panel.lines if line.role == "fit")
    drawn = dict(zip(panel.places, fit.values, strict=True))
    for probe in evidence.summary.answer.probes:
        if probe.stop == LONG and drawn.get(probe.rate) is not None:
            assert math.isclose(drawn[probe.rate] or 0, probe.score or 0, rel_tol=1e-9)


def test_the_chosen_rate_the_own_one_and_the_edge_are_marked(evidence: Evidence) -> None:
    chart = figure(evidence).chart
    marked = {mark.kind: mark.place for mark in chart.panels[0].marks if mark.kind != "cross"}
    assert marked == {"own": 1e-3, "edge": EDGE, "chosen": CHOSEN}
    assert without_scale(evidence).chart.band == evidence.summary.answer.interval
    low, high = chart.along.range or (0, 0)
    assert low < 2.5e-4 < EDGE < high


def test_beside_the_picture_the_scores_carry_nothing_of_the_full_run(evidence: Evidence) -> None:
    chart = figure(evidence).chart
    assert chart.band is None
    assert {line.role for line in chart.panels[0].lines} == {"early", "late"}


def test_where_nothing_was_learned_the_untrained_model_is_a_line(evidence: Evidence) -> None:
    decisions = (Decision("untrained", {"score": 0.2}),)
    lines = figure(evidence, decisions=decisions).chart.panels[0].lines
    assert [set(line.values) for line in lines if line.label == "untrained model"] == [{0.2}]


def test_every_rate_says_what_came_of_it_and_why_it_was_tried(evidence: Evidence) -> None:
    said = dict(figure(evidence).chart.stops)
    assert said[EDGE].splitlines() == [
        "rate 0.26",
        "after 63 steps: blown up",
        "The highest rate still scores well, so 0.26 is tried.",
    ]
    assert "The score falls towards higher rates, so 3.2e-2 is trained so far too." in said[0.032]
    assert "Probes of 63 steps start around 1e-3." in said[2.5e-4]


def test_the_table_tells_the_probes_in_the_order_in_which_they_were_tried(evidence: Evidence) -> None:
    rows = figure(evidence).table.rows
    assert [row[0] for row in rows[:7]] == ["2.5e-4", "1e-3", "4e-3", "1.6e-2", "6.4e-2", "0.26", "8e-3"]


def test_a_rate_that_was_tried_with_several_seeds_is_one_point_at_their_mean(evidence: Evidence) -> None:
    first = evidence.summary.answer.probes[0]
    assert first.score
    again = replace(first, job="again", score=first.score + 0.2)
    (panel,) = figure(evidence, probes=(*evidence.summary.answer.probes, again)).chart.panels
    assert panel.lines[0].values[panel.places.index(first.rate)] == pytest.approx(first.score + 0.1)


def test_where_larger_is_better_the_crosses_stand_at_the_bottom(evidence: Evidence) -> None:
    probes = tuple(Probe(f"p{rate}", rate, 50, score, "done") for rate, score in ((1e-3, 0.5), (1e-2, 0.9), (0.1, 0.7)))
    lost = Probe("lost", 1.0, 50, None, "blown up")
    chart = figure(evidence, metric=Metric("val_acc", "max"), probes=(*probes, lost)).chart
    assert not chart.bad_is_up
    low, high = chart.panels[0].upright.range or (0, 0)
    assert 0.5 - low > high - 0.9 > 0
    fit = next(line for line in chart.panels[0].lines if line.role == "fit")
    assert max(value for value in fit.values if value is not None) >= 0.9


def test_a_study_that_lost_every_probe_shows_them_all(evidence: Evidence) -> None:
    probes = tuple(Probe(f"p{rate}", rate, 50, None, "blown up") for rate in (0.1, 1.0))
    (panel,) = figure(evidence, probes=probes, rate=None, interval=None, decisions=()).chart.panels
    assert panel.lines == ()
    assert [mark.place for mark in panel.marks if mark.kind == "cross"] == [0.1, 1.0]


def test_a_study_without_probes_has_no_bracket(evidence: Evidence) -> None:
    answer = replace(evidence.summary.answer, probes=())
    assert bracket_section(replace(evidence, summary=replace(evidence.summary, answer=answer)), Page()) is None
