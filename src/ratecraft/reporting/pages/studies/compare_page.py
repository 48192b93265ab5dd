"""Studies side by side: the result of each, and the final run of each, step by step.

Path:   evidence of several studies -> the page.
Units:  steps are optimizer steps; runs are multiples of a full run.
"""

from collections.abc import Sequence

from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import block
from ratecraft.reporting.pages.frame import Rest, SitePage
from ratecraft.reporting.pages.pieces import copy_link
from ratecraft.reporting.pages.studies.library import Known, names_of
from ratecraft.reporting.pages.studies.study_page import CHART_STYLES, CHARTS, chart_words
from ratecraft.reporting.pictures.charts import Chart, Role, to_json
from ratecraft.reporting.report.blocks import Figure, Table
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.run_curves import RunCurve, reading, run_curve_of, run_panels, run_table, steps_axis
from ratecraft.reporting.text.numbers import count_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_ROLES: tuple[Role, ...] = ("chosen", "low", "high", "constant", "own")
MOST = len(_ROLES)
"""The largest number of studies that can be told apart in one picture."""


def compare_page(language: str) -> SitePage:
    """The beginning of the page.

    Args:
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    title = page.words("site.compare.title")
    back = element("p", element("a", text(page.words("site.missing.back")), href="../studies"), class_="origin")
    return SitePage(
        language,
        "studies/compare",
        title,
        element("header", back, element("h1", text(title)), class_="head"),
        styles=CHART_STYLES,
        scripts=(*CHARTS, "figures_page.js"),
        width="wide",
    )


def compare_rest(studies: Sequence[tuple[Known, Evidence | None]], language: str) -> Rest:
    """Several studies; there is nothing to compare for one without an answer yet.

    Args:
        studies: At most `MOST` studies, each with its evidence; None if it has no answer.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    parts: list[Markup] = []
    charts: list[dict[str, object]] = []
    if len(studies) < 2:
        parts.append(element("p", text(page.words("site.compare.few", most=MOST)), class_="meaning"))
    else:
        names = _names(studies)
        parts += [block(_table(studies, names, page), page), *_lengths(studies, page)]
        figure = _figure(studies, names, page)
        if figure is not None:
            parts.append(block(figure, page))
            charts.append(to_json(figure.chart))
        parts.append(copy_link(page))
    return Rest(joined(*parts), {"words": chart_words(page), "charts": charts})


def _table(studies: Sequence[tuple[Known, Evidence | None]], names: Sequence[str], page: Page) -> Table:
    head = tuple(page.words(f"site.compare.{name}") for name in ("study", "result", "metric")) + tuple(
        page.words(f"site.compare.{name}") for name in ("before", "after", "rate", "runs")
    )
    lines = [known.line for known, _ in studies]
    before = numbers_text([line.before for line in lines])
    after = numbers_text([line.after for line in lines])
    rows = tuple(
        (
            names[at],
            page.words(f"screen.state.{line.result}"),
            line.metric or "–",
            before[at],
            after[at],
            "–" if line.rate is None else rate_text(line.rate),
            "–" if line.runs is None else f"{line.runs:.2f}",
        )
        for at, line in enumerate(lines)
    )
    return Table(page.words("site.compare.caption"), head, rows, 3)


def _names(studies: Sequence[tuple[Known, Evidence | None]]) -> list[str]:
    """A distinct name for each: the script with its own arguments, and the study's name if those are alike."""
    names = names_of([known for known, _ in studies])
    return [
        name if names.count(name) == 1 else f"{name} ({known.line.name})"
        for name, (known, _) in zip(names, studies, strict=True)
    ]


def _lengths(studies: Sequence[tuple[Known, Evidence | None]], page: Page) -> list[Markup]:
    """A warning that runs of different lengths do not compare fairly, if they differ."""
    horizons = [evidence.summary.answer.horizon for _, evidence in studies if evidence is not None]
    known = [horizon for horizon in horizons if horizon]
    if len(set(known)) < 2:
        return []
    said = page.words("report.listed").join(map(count_text, known))
    return [element("p", text(page.words("site.compare.lengths", steps=said)), class_="remarks")]


def _figure(studies: Sequence[tuple[Known, Evidence | None]], names: Sequence[str], page: Page) -> Figure | None:
    """The final runs; with the compared figure if all compare the same one."""
    courses = [
        _course(name, evidence, role)
        for name, (_, evidence), role in zip(names, studies, _ROLES, strict=False)
        if evidence is not None and evidence.final is not None
    ]
    courses = [course for course in courses if course.losses or course.rates]
    if not courses:
        return None
    metrics = {evidence.summary.answer.metric.name for _, evidence in studies if evidence is not None}
    metric = metrics.pop() if len(metrics) == 1 else ""
    panels = run_panels(courses, page, metric)
    chart = Chart("compare", page.words("site.compare.chart"), steps_axis(courses, page), panels)
    caption = page.words("report.between").join([page.words("site.compare.chart-caption"), *reading(courses, page)])
    return Figure(chart, caption, run_table(courses, page, page.words("report.comparison.table"), metric))


def _course(name: str, evidence: Evidence, role: Role) -> RunCurve:
    final = evidence.final
    return run_curve_of(evidence, final.job.key if final else "", name, role)
