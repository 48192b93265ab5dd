"""What too low and too high look like: two or three probes of one length, step by step on one axis.

Path:   `Evidence` -> the section with the training curves.
Units:  rates are absolute, of the leading group; steps are optimizer steps.
"""

import math
from collections.abc import Sequence

from ratecraft.records.answer import Answer, Probe
from ratecraft.reporting.pictures.charts import Chart, Role
from ratecraft.reporting.pictures.picture import untrained_score
from ratecraft.reporting.report.blocks import Figure, Section
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.run_curves import reading, run_curve_of, run_panels, run_table, steps_axis
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page

_CLEARLY = 0.1  # of what the best probe of a length learned: a smaller difference is hardly visible in a curve
_LEAST = 0.01  # of the best score's size, if the untrained model's score is not known


def extremes_section(evidence: Evidence, page: Page) -> Section | None:
    """The section; None if no probe was clearly worse than the best of its length, or their losses are not known."""
    answer = evidence.summary.answer
    chosen = _chosen(evidence)
    if not chosen:
        return None
    roles = {role for role, _ in chosen}
    courses = [run_curve_of(evidence, probe.job, _name(role, probe, page), role) for role, probe in chosen]
    scored = (
        page.words("report.extremes.scored", score=_score(probe, page), run=_name(role, probe, page))
        for role, probe in chosen
    )
    title = page.words(
        "report.extremes.found",
        metric=answer.probe_metric.name,
        step=count_text(chosen[0][1].stop),
        scores=page.words("report.listed").join(scored),
    )
    chart = Chart("extremes", title, steps_axis(courses, page), run_panels(courses, page))
    said = [page.words(f"report.extremes.{role}-looks") for role in ("low", "high") if role in roles]
    caption = page.words("report.between").join((page.words("report.extremes.caption"), *said, *reading(courses, page)))
    table = run_table(courses, page, page.words("report.extremes.table"))
    side = "title" if len(roles) > 2 else "title-low" if "low" in roles else "title-high"
    return Section("extremes", page.words(f"report.extremes.{side}"), (Figure(chart, caption, table),))


def _chosen(evidence: Evidence) -> Sequence[tuple[Role, Probe]]:
    """Among the longest probes that differ clearly: a good one, and the lowest and highest rate if those are worse."""
    answer = evidence.summary.answer
    for stop in sorted({probe.stop for probe in answer.probes}, reverse=True):
        rung = sorted((probe for probe in answer.probes if probe.stop == stop), key=lambda probe: probe.rate)
        rung = [probe for probe in rung if evidence.losses(probe.job)]
        missed = {probe.job: _missed(answer, probe, rung) for probe in rung}
        good = [probe for probe in rung if missed[probe.job] < _CLEARLY]
        if not good:
            continue
        wanted = answer.rate or min(good, key=lambda probe: missed[probe.job]).rate
        near = min(good, key=lambda probe: abs(math.log(probe.rate / wanted)))
        bad = {"low": rung[0], "high": rung[-1]}
        ends = {role: probe for role, probe in bad.items() if missed[probe.job] >= _CLEARLY}
        if ends:
            told: list[tuple[Role, Probe]] = [("chosen", near)]
            told = [("low", ends["low"]), *told] if "low" in ends else told
            return [*told, ("high", ends["high"])] if "high" in ends else told
    return []


def _missed(answer: Answer, probe: Probe, rung: Sequence[Probe]) -> float:
    """The share of the best probe's learning that a probe missed; infinite without a score."""
    if probe.score is None or not math.isfinite(probe.score):
        return math.inf
    sign, start = answer.probe_metric.sign(), untrained_score(answer)
    best = min(sign * other.score for other in rung if other.score is not None and math.isfinite(other.score))
    learned = sign * start - best if start is not None else abs(best) * _LEAST / _CLEARLY
    return (sign * probe.score - best) / learned if learned > 0 else 0.0


def _name(role: Role, probe: Probe, page: Page) -> str:
    code = {"low": "too-low", "high": "too-high"}.get(role, "near")
    return page.words(f"report.extremes.{code}", rate=probe.rate)


def _score(probe: Probe, page: Page) -> str:
    if probe.score is None:
        return page.words(f"screen.ending.{probe.ending.replace(' ', '-')}")
    return number_text(probe.score)
