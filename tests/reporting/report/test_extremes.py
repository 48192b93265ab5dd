"""Mirrors ratecraft/reporting/report/extremes.py, with the panels of courses.py."""

import math
from dataclasses import replace

from tests.reporting.invented import LONG, SHORT

from ratecraft.records.answer import Answer, Probe
from ratecraft.reporting.report.blocks import Figure
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.extremes import extremes_section
from ratecraft.reporting.report.run_curves import RunCurve, run_panels
from ratecraft.reporting.text.page import Page


def figure(evidence: Evidence, **changes: object) -> Figure | None:
    answer: Answer = replace(evidence.summary.answer, **changes)  # pyright: ignore[reportArgumentType]
    section = extremes_section(replace(evidence, summary=replace(evidence.summary, answer=answer)), Page())
    if section is None:
        return None
    (block,) = section.blocks
    assert isinstance(block, Figure)
    return block


def only(evidence: Evidence, stop: int) -> tuple[Probe, ...]:
    return tuple(each for each in evidence.summary.answer.probes if each.stop == stop)


def test_the_lowest_the_nearest_and_the_highest_rate_are_shown(evidence: Evidence) -> None:
    shown = figure(evidence, probes=only(evidence, SHORT))
    assert shown
    losses, rates = shown.chart.panels
    assert [line.label for line in losses.lines] == [
        "too low (2.5e-4)",
        "near the chosen rate (1.6e-2)",
        "too high (0.26)",
    ]
    assert [line.role for line in rates.lines] == ["low", "chosen", "high"]
    assert shown.chart.along.range == (0.0, float(SHORT))


def worse(evidence: Evidence, rate: float) -> tuple[Probe, ...]:
    """The probes, of which a long one came to hardly more than the untrained model."""
    probes = evidence.summary.answer.probes
    return tuple(replace(each, score=2.0) if (each.stop, each.rate) == (LONG, rate) else each for each in probes)


def test_the_longest_probes_that_differ_are_shown_and_only_their_bad_side(evidence: Evidence) -> None:
    shown = figure(evidence, probes=worse(evidence, 0.032))
    assert shown
    assert [line.role for line in shown.chart.panels[1].lines] == ["chosen", "high"]
    assert shown.chart.along.range == (0.0, float(LONG))
    assert "Too low" not in shown.caption


def test_a_cool_down_is_seen_in_the_rates(evidence: Evidence) -> None:
    shown = figure(evidence)
    assert shown
    near = shown.chart.panels[1].lines[1].values
    assert near[0] == 0.016
    assert near[-1] is not None
    assert 0 < near[-1] < 0.016 / 5


def test_a_run_that_blew_up_ends_in_a_cross_within_the_picture(evidence: Evidence) -> None:
    shown = figure(evidence)
    assert shown
    losses = shown.chart.panels[0]
    (cross,) = losses.marks
    assert cross.at is not None
    assert losses.upright.range
    assert (cross.place, cross.at <= losses.upright.range[1]) == (19, True)
    assert losses.upright.range[1] < 2.3 * 1.25**19


def test_where_no_probe_is_clearly_worse_nothing_is_called_too_low_or_too_high(evidence: Evidence) -> None:
    assert figure(evidence, probes=only(evidence, LONG)) is None


def test_without_a_chosen_rate_the_best_stands_between(evidence: Evidence) -> None:
    shown = figure(evidence, rate=None)
    assert shown
    assert [line.label for line in shown.chart.panels[0].lines][1] == "near the chosen rate (1.6e-2)"


def test_probes_whose_losses_are_not_recorded_are_not_drawn(evidence: Evidence) -> None:
    assert (
        figure(evidence, probes=tuple(replace(each, job="not there") for each in evidence.summary.answer.probes))
        is None
    )


def test_long_runs_have_a_mean_in_front_of_their_steps() -> None:
    values = [2 + math.sin(step) for step in range(400)]
    losses = run_panels([RunCurve("run", "own", values, [0.1] * 400)], Page())[0]
    faint, thick = losses.lines
    assert (faint.is_faint, thick.is_faint) == (True, False)
    assert max(value or 0 for value in thick.values) < 2.5 < max(value or 0 for value in faint.values)


def test_rates_far_apart_are_drawn_on_a_log_axis_that_ends_below_the_lowest() -> None:
    courses = [RunCurve("a", "low", [], [1e-4] * 9), RunCurve("b", "high", [], [0.1] * 8 + [0.0])]
    (rates,) = run_panels(courses, Page())
    assert rates.upright.is_log
    assert rates.upright.range
    assert 0 < rates.upright.range[0] < 1e-4
