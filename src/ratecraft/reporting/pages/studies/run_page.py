"""The page of one run: its curves with every finding marked, and a finer stretch of them on zoom.

Path:   a job -> the page's beginning, which needs no series; `ObservedRun` -> windows of it -> `run_rest`, its curves;
        its findings follow as `findings_part`.
Units:  steps are those of the run; rates absolute.
"""

from collections.abc import Sequence
from dataclasses import replace

from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import article, block
from ratecraft.reporting.pages.frame import Rest, SitePage
from ratecraft.reporting.pages.pieces import command_section
from ratecraft.reporting.pages.studies.study_page import CHART_STYLES, CHARTS, chart_data, chart_words
from ratecraft.reporting.pictures.charts import Axis, Chart, Mark, to_json
from ratecraft.reporting.report.blocks import Figure
from ratecraft.reporting.report.diagnosis import diagnosis_report
from ratecraft.reporting.report.series import ends_of, series_panels, series_table, unit_text
from ratecraft.reporting.text.page import Page

COLUMNS = 700
"""Columns of a picture: about one for each pixel, with two values each."""
_SPOKEN = ("findings-failed", "looking")


def run_page(id: str, key: str, study: str, phase: str, language: str) -> SitePage:  # noqa: A002 - in the address
    """The beginning of the page of a run.

    Args:
        id: Id of the study in addresses.
        key: Key of the run's job.
        study: Name of the study.
        phase: Phase of the run.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    title = page.words("site.run.title", phase=page.words(f"screen.phase.{phase}"))
    back = element("a", text(study), href=f"../../{id}")
    return SitePage(
        language,
        f"studies/{id}/runs/{key}",
        title,
        element("header", element("p", back, class_="origin"), element("h1", text(title)), class_="head"),
        styles=CHART_STYLES,
        scripts=(*CHARTS, "figures_page.js", "run.js"),
    )


def run_rest(key: str, run: ObservedRun, command: str, language: str) -> Rest:
    """The curves of a run, and room for its findings.

    Args:
        key: Key of the run's job.
        run: The run as it was observed.
        command: The command that prints its findings in a terminal.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    chart = run_chart(run, page)
    figure = block(Figure(chart, page.words("site.run.caption"), series_table(run, page)), page)
    waiting = element("p", text(page.words("site.run.looking")), class_="meaning", role="status")
    findings = element("div", waiting, id="findings")
    data = {
        "words": chart_words(page) | {name: page.words(f"site.run.{name}") for name in _SPOKEN},
        "charts": [to_json(chart)],
        "window": f"{key}/window",
        "findings": f"{key}/findings",
    }
    return Rest(joined(figure, findings, command_section(command, page)), data)


def run_chart(
    run: ObservedRun, page: Page, stretch: tuple[int, int] | None = None, findings: Sequence[Finding] = ()
) -> Chart:
    """The curves between two steps; by default all.

    Args:
        run: The run as it was observed.
        page: Language of the page.
        stretch: First and last step of the values; the axis has the whole run.
        findings: The findings to mark, each where it begins.
    """
    first, last = ends_of(run)
    low, high = (first, last) if stretch is None else (max(stretch[0], first), min(stretch[1], last))
    panels = list(series_panels(run, (low, max(low, high)), COLUMNS, page))
    marks = tuple(
        Mark("edge", max(finding.steps[0], first), page.words(f"finding.{finding.code}.title")) for finding in findings
    )
    if panels:
        panels[0] = replace(panels[0], marks=(*panels[0].marks, *marks))
    along = Axis(unit_text(run, page), range=(float(first), float(max(last, first + 1))))
    return Chart("run", page.words("report.diagnosis.curves"), along, tuple(panels))


def findings_part(
    run: ObservedRun, diagnosed: Diagnosed, language: str, version: str
) -> tuple[Markup, dict[str, object]]:
    """The findings of a run in sections, and the data for the script: their charts, and the marks on the main one.

    Args:
        run: The run as it was observed.
        diagnosed: Its diagnosis.
        language: Code of a language, e.g. `ja`.
        version: Version of ratecraft.
    """
    page = Page(language)
    report = diagnosis_report([diagnosed], language, version)
    marked = to_json(run_chart(run, page, findings=diagnosed.diagnosis.findings))
    data = chart_data(report, page)
    charts = data["charts"]
    return article(report, level=2), {**data, "charts": [marked, *(charts if isinstance(charts, list) else [])]}
