"""What too low and too high look like: three probes of the first rung, step by step on one axis.

Path:   `Evidence` -> the section with the training curves.
Units:  rates are absolute, of the leading group; steps are optimizer steps.
"""

import math
from collections.abc import Sequence

from ratecraft.records.answer import Answer, Probe
from ratecraft.reporting.html.blocks import Figure, Section
from ratecraft.reporting.html.charts import Chart, Role
from ratecraft.reporting.html.courses import course_of, course_panels, course_table, reading, steps_axis
from ratecraft.reporting.html.evidence import Evidence
from ratecraft.reporting.numbers import count_text, number_text
from ratecraft.reporting.page import Page

__all__ = ["extremes_section"]

_CLEARLY = 0.01  # of the best score's size: the least by which the tuner calls a score worse


def extremes_section(evidence: Evidence, page: Page) -> Section | None:
    """The section; None where fewer than two probes have losses to show."""
    answer = evidence.summary.answer
    chosen = [each for each in _chosen(answer) if evidence.losses(each[1].job)]
    if len(chosen) < 2:
        return None
    courses = [
        course_of(evidence, probe.job, page.words(_name(answer, role, probe), rate=probe.rate), role)
        for role, probe in chosen
    ]
    title = page.words(
        "report.extremes.found",
        metric=answer.probe_metric.name,
        step=count_text(chosen[0][1].stop),
        scores=page.words("report.listed").join(_scored(answer, role, probe, page) for role, probe in chosen),
    )
    chart = Chart("extremes", title, steps_axis(courses, page), course_panels(courses, page))
    caption = page.words("report.between").join((page.words("report.extremes.caption"), *reading(courses, page)))
    table = course_table(courses, page, page.words("report.extremes.table"))
    return Section("extremes", page.words("report.extremes.title"), (Figure(chart, caption, table),))


def _chosen(answer: Answer) -> Sequence[tuple[Role, Probe]]:
    """The lowest and the highest rate of the first rung, and between them the one next to the chosen rate."""
    short = min((probe.stop for probe in answer.probes), default=0)
    rung = sorted((probe for probe in answer.probes if probe.stop == short), key=lambda probe: probe.rate)
    if len(rung) < 2:
        return []
    scored = [probe for probe in rung[1:-1] if probe.score is not None]
    wanted = answer.rate
    if not scored or wanted is None:
        return [("low", rung[0]), ("high", rung[-1])]
    near = min(scored, key=lambda probe: abs(math.log(probe.rate / wanted)))
    return [("low", rung[0]), ("chosen", near), ("high", rung[-1])]


def _is_worse(answer: Answer, probe: Probe) -> bool:
    """Whether a probe's score is clearly worse than the best of its rung."""
    if probe.score is None or not math.isfinite(probe.score):
        return True
    sign = answer.probe_metric.sign()
    rung = [each.score for each in answer.probes if each.stop == probe.stop and each.score is not None]
    best = min(sign * score for score in rung if math.isfinite(score))
    return sign * probe.score - best > _CLEARLY * abs(best)


def _name(answer: Answer, role: Role, probe: Probe) -> str:
    """`too low` and `too high` are said only of what scored clearly worse."""
    if role == "chosen":
        return "report.extremes.near"
    if role == "low":
        return "report.extremes.too-low" if _is_worse(answer, probe) else "report.extremes.lowest"
    return "report.extremes.too-high" if _is_worse(answer, probe) else "report.extremes.highest"


def _scored(answer: Answer, role: Role, probe: Probe, page: Page) -> str:
    if probe.score is None:
        score = page.words(f"screen.ending.{probe.ending.replace(' ', '-')}")
    else:
        score = number_text(probe.score)
    return page.words(
        "report.extremes.scored", score=score, run=page.words(_name(answer, role, probe), rate=probe.rate)
    )
