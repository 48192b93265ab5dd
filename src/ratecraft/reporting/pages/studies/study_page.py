"""The page of a finished study: the report, with links to its runs, and a command to copy.

Path:   `Evidence` -> the sections of the report within the frame of the site.
"""

import math

from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import article
from ratecraft.reporting.pages.frame import Rest, SitePage
from ratecraft.reporting.pages.pieces import command_section, grid
from ratecraft.reporting.pictures.charts import to_json
from ratecraft.reporting.report.blocks import Figure, Report
from ratecraft.reporting.report.evidence import Evidence, Made
from ratecraft.reporting.report.study_report import report_of
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_DRAWING = ("uPlot.iife.min.js", "numbers.js", "marks.js", "chart.js", "figures.js", "copying.js")
CHARTS = tuple(f"report/{name}" for name in _DRAWING)
"""Scripts that draw charts, in the order of loading."""
CHART_STYLES = ("report/uPlot.min.css", "studies.css")


def study_page(id: str, of: str, language: str) -> SitePage:  # noqa: A002 - in the address
    """The opening of the page of a finished study: the frame alone, since the report opens with the verdict.

    Args:
        id: Id of the study in addresses.
        of: The subject of the study: a script, or else its name.
        language: Code of a language, e.g. `ja`.
    """
    return SitePage(
        language,
        f"studies/{id}",
        Page(language).words("report.window", script=of),
        Markup(""),
        styles=CHART_STYLES,
        scripts=(*CHARTS, "figures_page.js"),
    )


def study_rest(id: str, evidence: Evidence, command: str, language: str) -> Rest:  # noqa: A002 - in the address
    """The report, the runs, the command.

    Args:
        id: Id of the study in addresses.
        evidence: The evidence in its record.
        command: The command that prints the same in a terminal.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    report = report_of(evidence, language)
    main = joined(article(report), _runs(id, evidence, page), command_section(command, page))
    return Rest(main, chart_data(report, page))


def missing_page(language: str, here: str) -> SitePage:
    """The page shown for an unknown address."""
    page = Page(language)
    title = page.words("site.missing.title")
    back = element("a", text(page.words("site.missing.back")), href=f"{'../' * here.count('/')}studies")
    words = element("p", text(page.words("site.missing.text")), class_="meaning")
    return SitePage(
        language, here, title, joined(element("h1", text(title)), words, element("p", back)), other_languages=False
    )


def chart_data(report: Report, page: Page) -> dict[str, object]:
    """The data for the script of a page with charts."""
    blocks = (block for section in report.sections for block in section.blocks)
    charts = [to_json(block.chart) for block in blocks if isinstance(block, Figure)]
    return {"words": chart_words(page), "charts": charts}


def chart_words(page: Page) -> dict[str, str]:
    """The labels of the buttons on charts."""
    return {"reset": page.words("report.reset"), "download": page.words("report.download")}


def _runs(id: str, evidence: Evidence, page: Page) -> Markup:  # noqa: A002 - in the address
    """Every run with losses of its own, with a link to its page; a trunk is only the beginning of others."""
    left = {made.job.parent for made in evidence.made.values()}
    told = [
        (key, made)
        for key, made in evidence.made.items()
        if made.outcome.losses and (made.job.evaluate is not None or key not in left)
    ]
    if not told:
        return Markup("")
    head = [text(page.words(f"report.cost.{name}")) for name in ("phase", "ended", "rate", "to", "score")]
    rows = [_run(id, key, made, page) for key, made in told]
    table = grid(page.words("site.runs.caption"), head, rows, words=2, names=0)
    return element("section", element("h2", text(page.words("site.runs.title"))), table, id="runs")


def _run(id: str, key: str, made: Made, page: Page) -> list[Markup]:  # noqa: A002 - in the address
    job, outcome = made.job, made.outcome
    schedule = job.schedules.get("rate")
    rate = page.words("screen.progress.own")
    if schedule is not None and not schedule.needs_horizon:
        rate = rate_text(float(schedule.curve(max(outcome.steps, 1), job.start).max()))
    score = "" if outcome.score is None or not math.isfinite(outcome.score) else number_text(outcome.score)
    link = element("a", text(page.words(f"screen.phase.{made.phase}")), href=f"{id}/runs/{key}")
    ended = page.words(f"screen.ending.{outcome.ending.replace(' ', '-')}")
    figures = (rate, count_text(job.start + outcome.steps), score)
    return [link, text(ended), *(text(figure) for figure in figures)]
