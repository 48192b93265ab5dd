"""The whole report of a study: the verdict first, then what it rests on.

Path:   `Evidence` + language -> `Report`, a pure value -> `document`.
"""

from collections.abc import Callable
from typing import Literal

from ratecraft.records.answer import Answer
from ratecraft.reporting.pictures.picture import picture_of
from ratecraft.reporting.report.blocks import Drawing, Report, Section
from ratecraft.reporting.report.bracket import bracket_section, settled_text
from ratecraft.reporting.report.comparison import annealing_section, comparison_section
from ratecraft.reporting.report.details import (
    cost_section,
    decisions_section,
    environment_section,
    use_section,
)
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.extremes import extremes_section
from ratecraft.reporting.report.foresight import foresight_section
from ratecraft.reporting.report.ramp import ramp_section
from ratecraft.reporting.report.stats import stats_of
from ratecraft.reporting.report.trials import trials_section
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import sureness_text, verdict_text

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
        evidence: The contents of its record.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    summary, header = evidence.summary, evidence.header
    answer = summary.answer
    verdict, meaning = verdict_text(answer, page)
    remarks = [page.words(f"screen.mark.{mark}") for mark in answer.marks]
    remarks += [page.note(note) for note in summary.notes]
    sections = (section(evidence, page) for section in _SECTIONS)
    return Report(
        language=language,
        title=page.words("report.window", script=header.script or header.name),
        origin=page.words("report.origin", script=header.script or header.name),
        verdict=verdict,
        mood=_mood(answer),
        meaning=" ".join(filter(None, (meaning, sureness_text(answer, page)))),
        stats=stats_of(evidence.summary, page),
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
