"""The whole report of a study: the verdict first, then what it rests on.

Path:   `Evidence` + language -> `Report`, a pure value -> `document`.
"""

from collections.abc import Callable
from typing import Literal

from ratecraft.records.answer import Answer
from ratecraft.reporting.durations import duration_text
from ratecraft.reporting.html.blocks import Drawing, Report, Section, Stat
from ratecraft.reporting.html.bracket import bracket_section, settled_text
from ratecraft.reporting.html.comparison import annealing_section, comparison_section
from ratecraft.reporting.html.evidence import Evidence
from ratecraft.reporting.html.extremes import extremes_section
from ratecraft.reporting.html.foresight import foresight_section
from ratecraft.reporting.html.particulars import (
    cost_section,
    decisions_section,
    environment_section,
    use_section,
)
from ratecraft.reporting.html.ramp import ramp_section
from ratecraft.reporting.html.trials import trials_section
from ratecraft.reporting.numbers import change_of, count_text, numbers_text, times_text
from ratecraft.reporting.page import Page
from ratecraft.reporting.picture import picture_of
from ratecraft.reporting.verdict import sureness_text, verdict_text
from ratecraft.translations.catalogue import rate_text

__all__ = ["report_of"]

_SECTIONS: tuple[Callable[[Evidence, Page], Section | None], ...] = (
    bracket_section,
    trials_section,
    ramp_section,
    extremes_section,
    comparison_section,
    foresight_section,
    annealing_section,
    use_section,
    decisions_section,
    cost_section,
    environment_section,
)


def report_of(evidence: Evidence, language: str = "en") -> Report:
    """The report of a finished study.

    Args:
        evidence: What its record holds.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    summary, header = evidence.summary, evidence.header
    answer = summary.answer
    verdict, meaning = verdict_text(answer, page)
    remarks = [page.words(f"screen.mark.{mark}") for mark in answer.marks]
    remarks += [page.words(f"note.{note.code}.text", **note.values) for note in summary.notes]
    sections = (section(evidence, page) for section in _SECTIONS)
    return Report(
        language=language,
        title=page.words("report.window", script=header.script or header.name),
        origin=page.words("report.origin", script=header.script or header.name),
        verdict=verdict,
        mood=_mood(answer),
        meaning=" ".join(filter(None, (meaning, sureness_text(answer, page)))),
        stats=_stats(evidence, page),
        remarks=tuple(remarks),
        sections=tuple(section for section in sections if section is not None),
        drawing=_drawing(answer, page),
        colophon=page.words("report.colophon", version=header.ratecraft_version or "–", study=header.name),
    )


def _drawing(answer: Answer, page: Page) -> Drawing | None:
    picture = picture_of(answer)
    if picture is None:
        return None
    title = settled_text(answer, page) or page.words("report.bracket.title")
    return Drawing(picture, title, page.words("screen.picture.sentence"))


def _mood(answer: Answer) -> Literal["good", "plain", "open"]:
    if answer.verdict in ("gain", "found"):
        return "good"
    return "plain" if answer.verdict in ("no-gain", "not-compared", "saturated", "suggested") else "open"


def _stats(evidence: Evidence, page: Page) -> tuple[Stat, ...]:
    answer, costs = evidence.summary.answer, evidence.summary.costs
    stats = [_rate(answer, page)]
    if answer.tuned is not None:
        stats.append(_score(answer, page))
    if answer.rate and answer.own_rate:
        kind, times = times_text(answer.rate / answer.own_rate)
        stats.append(
            Stat(
                page.words("report.stat.ratio"),
                page.words(f"report.stat.{kind}", times=times),
                page.words("report.stat.own", own=answer.own_rate),
            )
        )
    if answer.horizon:
        cost = page.words("screen.cost.runs", runs=f"{costs.total_runs:.2f}")
    else:  # a run of unknown length is no measure
        cost = page.words("report.environment.steps", steps=count_text(costs.total_runs))
    stats.append(Stat(page.words("report.stat.cost"), cost, duration_text(costs.seconds, page)))
    return tuple(stats)


def _rate(answer: Answer, page: Page) -> Stat:
    label = page.words("report.stat.rate")
    if answer.rate is None and answer.ramp is not None and answer.ramp.edge is not None:
        edge = rate_text(answer.ramp.edge)
        return Stat(page.words("report.stat.edge"), edge, page.words("report.stat.no-choice"))
    if answer.rate is None:
        return Stat(label, "–", page.words("report.stat.no-rate"))
    if answer.interval is None:
        return Stat(label, rate_text(answer.rate), page.words("report.stat.no-interval"))
    low, high = answer.interval
    return Stat(label, rate_text(answer.rate), page.words("screen.plot.interval", low=low, high=high))


def _score(answer: Answer, page: Page) -> Stat:
    before, after = answer.baseline.final if answer.baseline else None, answer.tuned.final if answer.tuned else None
    first, last = numbers_text([before, after])
    if before is None or after is None:
        return Stat(answer.metric.name, last)
    change = change_of(before, after, answer.metric.sign())
    beside = page.words("report.stat.before", before=first)
    if change is not None and abs(change) >= 0.0005:
        key = "screen.compare.better" if change > 0 else "screen.compare.worse"
        beside += page.words("report.stat.and") + page.words(key, amount=f"{abs(change):.1%}")
    return Stat(answer.metric.name, last, beside)
