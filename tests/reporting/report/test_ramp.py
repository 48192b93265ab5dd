"""Mirrors ratecraft/reporting/report/ramp.py."""

import math
from dataclasses import replace

from ratecraft.records.answer import Ramp
from ratecraft.reporting.report.blocks import Figure
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.ramp import ramp_section
from ratecraft.reporting.text.page import Page

RATES = tuple(1e-6 * 10 ** (step / 20) for step in range(140))
LOSSES = tuple(2.3 - 1.5 * min(step, 100) / 100 if step < 110 else 3.0 * 1.3 ** (step - 110) for step in range(130))
RAMP = Ramp("ramp", RATES, LOSSES, RATES[110], (RATES[105], RATES[112]), {"before_rise": RATES[105], "valley": None})


def figure(evidence: Evidence, ramp: Ramp | None) -> Figure | None:
    answer = replace(evidence.summary.answer, ramp=ramp)
    section = ramp_section(replace(evidence, summary=replace(evidence.summary, answer=answer)), Page())
    block = section.blocks[0] if section else None
    assert block is None or isinstance(block, Figure)
    return block


def test_the_edge_and_what_finders_suggest_are_marked(evidence: Evidence) -> None:
    shown = figure(evidence, RAMP)
    assert shown
    edge, before = shown.chart.panels[0].marks
    assert (edge.kind, edge.place, edge.at) == ("edge", RATES[110], None)
    assert (before.kind, before.label, before.place) == ("point", "before the rise", RATES[105])
    assert shown.chart.band == RAMP.edge_interval
    assert [rate for _, rate in shown.table.rows] == ["0.18", "–"]


def test_the_steps_that_were_done_are_drawn_and_what_runs_away_leaves_the_picture(evidence: Evidence) -> None:
    shown = figure(evidence, RAMP)
    assert shown
    (panel,) = shown.chart.panels
    assert panel.places == RATES[:130]
    assert panel.upright.range
    assert 2.3 < panel.upright.range[1] < max(LOSSES)


def test_a_ramp_that_never_rose_says_how_far_it_came(evidence: Evidence) -> None:
    shown = figure(evidence, replace(RAMP, losses=LOSSES[:100], edge=None, edge_interval=None, suggestions={}))
    assert shown
    assert shown.chart.title == "Up to 8.9e-2 the loss never began to rise."


def test_a_ramp_with_gaps_can_be_drawn(evidence: Evidence) -> None:
    gaps = tuple(math.nan if step % 9 else 1.0 for step in range(130))
    assert figure(evidence, replace(RAMP, losses=gaps))


def test_a_study_without_a_ramp_has_none(evidence: Evidence) -> None:
    assert figure(evidence, None) is None
