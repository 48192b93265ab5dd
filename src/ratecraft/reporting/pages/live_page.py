"""The page of a study that has no answer yet: how it stands, redrawn part by part as events come.

Path:   `Live` + language -> the page; `Live` -> `live_parts`, which a stream sends -> its script puts them in place.
"""

import math
from array import array

from ratecraft.records.windows import dense, windowed
from ratecraft.reporting.html.blocks import Figure, Table
from ratecraft.reporting.html.charts import Axis, Chart, Line, Panel, Role, is_wide, to_json
from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import block
from ratecraft.reporting.numbers import count_text
from ratecraft.reporting.page import Page
from ratecraft.reporting.pages.following import Live
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.live_scores import scores_figure
from ratecraft.reporting.pages.pieces import button, command_section
from ratecraft.reporting.pages.study_page import CHART_STYLES, CHARTS, chart_words
from ratecraft.reporting.view import View, budget_text, job_head, job_rows
from ratecraft.translations.catalogue import rate_text

__all__ = ["live_figures", "live_page", "live_parts"]

_COLUMNS = 300
_ROLES: tuple[Role, ...] = ("chosen", "low", "high", "own", "constant")
_SPOKEN = ("connected", "lost", "paused", "pause", "resume", "stopping", "finished")


def live_page(id: str, live: Live, command: str, language: str, *, stop: bool = False) -> SitePage:  # noqa: A002
    """A study that is at work, or stopped half-way.

    Args:
        id: Of the study in addresses.
        live: How it stands.
        command: What goes on with it, or shows it, in a terminal.
        language: Code of a language, e.g. `ja`.
        stop: Whether it may be stopped from here.
    """
    page = Page(language)
    of = live.header.script or live.header.name
    parts = live_parts(live, page)
    head = element(
        "header",
        element("p", text(page.words("report.origin", script=of)), class_="origin"),
        element("h1", text(page.words("site.live.title"))),
        element("div", parts["status"], id="live-status"),
        _controls(page, stop=stop),
        class_="head",
    )
    news = [element("li", text(each.words[language])) for each in reversed(live.news)]
    told = page.words("site.live.news")
    listed = element("ol", *news, id="live-news", class_="news", reversed=True, tabindex="0", aria_label=told)
    jobs = element("div", parts["jobs"], id="live-jobs")
    spoken = element("p", id="live-spoken", class_="spoken", aria_live="polite")
    sections = [
        element("section", element("h2", text(title)), shown)
        for title, shown in ((page.words("site.live.jobs"), jobs), (told, listed))
    ]
    scores, losses = scores_figure(live.view, page), _losses(live, page)
    shown = _shown(scores, losses)
    by_rate = element("section", block(scores, page), hidden=scores not in shown)
    main = joined(head, by_rate, block(losses, page), *sections, command_section(command, page), spoken)
    words = {name: page.words(f"site.live.{name}") for name in _SPOKEN}
    data = {
        "words": chart_words(page) | words,
        "charts": [to_json(each.chart) for each in shown],
        "stream": f"{id}/live?after={live.number}",
        "study": id,
        "state": live.state,
    }
    return SitePage(
        language,
        f"studies/{id}",
        page.words("site.live.window", script=of),
        main,
        styles=CHART_STYLES,
        scripts=(*CHARTS, "figures_page.js", "live.js"),
        data=data,
    )


def live_parts(live: Live, page: Page) -> dict[str, Markup]:
    """What changes on the page beside its chart, by name: `status` and `jobs`."""
    return {"status": _status(live, page), "jobs": block(_jobs(live.view, page), page)}


def live_figures(live: Live, page: Page) -> dict[str, object]:
    """The charts as they are now, as the page's script reads them, and the tables behind them by name of the chart."""
    figures = _shown(scores_figure(live.view, page), _losses(live, page))
    tables = {each.chart.key: block(each.table, page) for each in figures}
    return {"charts": [to_json(each.chart) for each in figures], "tables": tables}


def _shown(scores: Figure, losses: Figure) -> tuple[Figure, ...]:
    """The losses, and the scores once there are any."""
    return (scores, losses) if scores.chart.panels[0].lines else (losses,)


def _status(live: Live, page: Page) -> Markup:
    view = live.view
    phase = page.words(f"screen.phase.{view.phase}") if view.phase else page.words("screen.progress.waiting")
    state = page.words(f"screen.state.{live.state}")
    is_running = live.state == "running"
    said = page.words("report.listed").join([state, phase, budget_text(view, page)] if is_running else [state])
    sign = element("span", text("●" if is_running else "■"), class_="alive", aria_hidden="true")
    return element("p", sign, text(said), class_="meaning")


def _controls(page: Page, *, stop: bool) -> Markup:
    """The state of the connection, the pause, and where it is allowed the end."""
    connection = element("span", text(page.words("site.live.connecting")), id="connection", role="status")
    pause = button(page.words("site.live.pause"), id="pause", aria_pressed="false")
    end = [button(page.words("site.live.stop"), id="stop")] if stop else []
    return element("p", connection, pause, *end, class_="controls")


def _jobs(view: View, page: Page) -> Table:
    head = (page.words("report.cost.phase"), *job_head(page))
    rows = [(page.words(f"screen.phase.{job.phase}"), *row) for job, row in reversed(job_rows(view, page))]
    return Table(page.words("site.live.jobs-caption"), head, tuple(rows), 3)


def _losses(live: Live, page: Page) -> Figure:
    return Figure(_chart(live, page), page.words("site.live.chart-caption"), _table(live, page))


def _chart(live: Live, page: Page) -> Chart:
    """The losses of the last jobs, each from the step where it begins."""
    last = max((curve.job.start + curve.count for curve in live.curves.values()), default=1)
    series = [dense(curve.job.start, curve.losses[: curve.count]) for curve in live.curves.values()]
    places, values = windowed(series, 0, max(last - 1, 1), _COLUMNS)
    lines = tuple(Line(name, role, shown) for (name, role), shown in zip(_names(live, page), values, strict=True))
    finite = [value for line in lines for value in line.values if value is not None]
    upright = Axis(page.words("report.course.loss"), is_log=is_wide(finite))
    panel = Panel(upright, places or (0.0,), lines, height=300)
    along = Axis(page.words("report.course.steps"), range=(0.0, float(max(last, 1))))
    return Chart("live", page.words("site.live.chart"), along, (panel,))


def _names(live: Live, page: Page) -> list[tuple[str, Role]]:
    """What each line is called, and how it is drawn, from its beginning to its end the same."""
    names: list[tuple[str, Role]] = []
    for key, curve in live.curves.items():
        job = live.view.jobs[key]
        rate = page.words("screen.progress.own") if job.rate is None else rate_text(job.rate)
        phase = page.words(f"screen.phase.{job.phase}")
        names.append((f"{curve.place + 1}: {phase}, {rate}", _ROLES[curve.place % len(_ROLES)]))
    return names


def _table(live: Live, page: Page) -> Table:
    """The latest loss of each job that is drawn: its mean over the last steps."""
    head = (page.words("site.live.run"), page.words("report.course.step"), page.words("report.course.loss"))
    rows = [
        (name, count_text(curve.job.start + curve.count), _mean(curve.losses[max(curve.count - 8, 0) : curve.count]))
        for (name, _), curve in zip(_names(live, page), live.curves.values(), strict=True)
    ]
    return Table(page.words("site.live.latest"), head, tuple(rows))


def _mean(losses: "array[float]") -> str:
    finite = [loss for loss in losses if math.isfinite(loss)]
    return f"{sum(finite) / len(finite):.4g}" if finite else "–"
