"""The page of a study that has no answer yet: its state, redrawn part by part as events come.

Path:   `Live` + language -> the page; `Live` -> `live_parts`, sent by a stream -> the page's script inserts them.
"""

import math
from collections.abc import Iterator, Mapping

from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import block
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.live.following import Live
from ratecraft.reporting.pages.live.losses import losses_figure
from ratecraft.reporting.pages.pieces import button, command_section, grid, sign
from ratecraft.reporting.pages.studies.study_page import CHART_STYLES, CHARTS, chart_words
from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Panel, is_wide, to_json
from ratecraft.reporting.progress.view import View, budget_text, job_head, job_rows
from ratecraft.reporting.report.blocks import Figure, Table
from ratecraft.reporting.text.durations import about_text
from ratecraft.reporting.text.numbers import count_text, numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_SPOKEN = ("connected", "lost", "paused", "pause", "resume", "stopping", "finished")
_AIR = 1.5
"""Margin, as a factor of rates, between the outermost point and each end of the axis."""


def live_page(id: str, live: Live, command: str, language: str, *, stop: bool = False) -> SitePage:  # noqa: A002
    """The page of a study that is running, or stopped half-way.

    Args:
        id: Id of the study in addresses.
        live: Its state.
        command: The command that continues it, or shows it, in a terminal.
        language: Code of a language, e.g. `ja`.
        stop: Whether the page may stop it.
    """
    page = Page(language)
    of = live.header.script or live.header.name
    parts = live_parts(id, live, page)
    head = element(
        "header",
        element("p", text(page.words("report.origin", script=of)), class_="origin"),
        element("h1", text(page.words(f"site.live.title.{live.state}"))),
        element("div", parts["status"], id="live-status"),
        _controls(page, stop=stop, is_hidden=live.state != "running"),
        class_="head",
    )
    news = [element("li", text(news.words[language])) for news in reversed(live.news)]
    told = page.words("site.live.news")
    listed = element("ol", *news, id="live-news", class_="news", reversed=True, tabindex="0", aria_label=told)
    jobs = element("div", parts["jobs"], id="live-jobs")
    spoken = element("p", id="live-spoken", class_="spoken", aria_live="polite")
    sections = [
        element("section", element("h2", text(title)), shown)
        for title, shown in ((page.words("site.live.jobs"), jobs), (told, listed))
    ]
    scores, losses = _scores_figure(live.view, page), losses_figure(live, page)
    shown = _shown(scores, losses)
    by_rate = element("section", block(scores, page), hidden=scores not in shown)
    course = element("section", block(losses, page), hidden=losses not in shown)
    main = joined(head, by_rate, course, *sections, command_section(command, page), spoken)
    words = {name: page.words(f"site.live.{name}") for name in _SPOKEN}
    data = {
        "words": chart_words(page) | words,
        "charts": [to_json(figure.chart) for figure in shown],
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


def live_parts(id: str, live: Live, page: Page) -> dict[str, Markup]:  # noqa: A002 - in the address
    """The parts of the page, besides its chart, that change: `status` and `jobs`."""
    return {"status": _status(live, page), "jobs": _jobs(id, live.view, page)}


def live_figures(live: Live, page: Page) -> dict[str, object]:
    """The charts as they are now, in the form that the page's script reads, and the tables behind them by name."""
    figures = _shown(_scores_figure(live.view, page), losses_figure(live, page))
    tables = {figure.chart.key: block(figure.table, page) for figure in figures}
    return {"charts": [to_json(figure.chart) for figure in figures], "tables": tables}


def _shown(scores: Figure, losses: Figure) -> tuple[Figure, ...]:
    """The charts that have something to show yet."""
    has_losses = any(value is not None for line in losses.chart.panels[0].lines for value in line.values)
    return (*([scores] if scores.chart.panels[0].lines else []), *([losses] if has_losses else []))


def _status(live: Live, page: Page) -> Markup:
    """How much of the plan is done, what is running, and the time left; if it failed, why."""
    is_running = live.state == "running"
    state = page.words(f"screen.state.{live.state}")
    said = (
        [state, *_work(live, page)]
        if is_running
        else [page.words("site.live.failed", reason=live.failure) if live.failure else state]
    )
    words = element("p", sign(live.state), text(page.words("report.listed").join(said)), class_="meaning")
    return joined(words, _progress(live.view, page)) if is_running else words


def _work(live: Live, page: Page) -> Iterator[str]:
    view = live.view
    yield page.words(f"screen.phase.{view.phase}") if view.phase else page.words("screen.progress.waiting")
    if live.seconds_left is not None:
        yield page.words("screen.progress.left", time=about_text(live.seconds_left, page))


def _progress(view: View, page: Page) -> Markup:
    """A bar that grows with every step, labelled in runs; in steps while the length of a run is not known."""
    if view.remaining is None or not view.horizon:
        return element("p", text(budget_text(view, page)), class_="where")
    total = view.executed + view.remaining
    said = page.words(
        "site.live.total", done=f"{view.executed / view.horizon:.2f}", total=f"{total / view.horizon:.2f}"
    )
    bar = element("progress", value=str(view.executed), max=f"{max(total, 1):.0f}", aria_label=said)
    return joined(bar, element("p", text(said), class_="where"))


def _controls(page: Page, *, stop: bool, is_hidden: bool) -> Markup:
    """The state of the connection and the buttons to pause and, where allowed, to stop; hidden if nothing runs."""
    connection = element("span", text(page.words("site.live.connecting")), id="connection", role="status")
    pause = button(page.words("site.live.pause"), id="pause", aria_pressed="false")
    end = [button(page.words("site.live.stop"), id="stop")] if stop else []
    return element("p", connection, pause, *end, class_="controls", hidden=is_hidden)


def _jobs(id: str, view: View, page: Page) -> Markup:  # noqa: A002 - in the address
    """Every job, the newest first, each with a link to its page."""
    head = [text(head) for head in (page.words("report.cost.phase"), *job_head(page))]
    rows = [
        [
            element("a", text(page.words(f"screen.phase.{job.phase}")), href=f"{id}/runs/{key}"),
            *(text(cell) for cell in row),
        ]
        for key, job, row in reversed(job_rows(view, page))
    ]
    return grid(page.words("site.live.jobs-caption"), head, rows, words=3, names=0)


def _scores_figure(view: View, page: Page) -> Figure:
    """The chart of scores by rate, a line for each length of run, and the table behind it."""
    scores = _scores(view)
    places = tuple(sorted({rate for told in scores.values() for rate in told}))
    lines = tuple(
        Line(
            page.words("screen.plot.rung", step=count_text(stop)),
            "late" if stop == max(scores) else "early",
            tuple(told.get(place) for place in places),
            dots=True,
        )
        for stop, told in sorted(scores.items())
    )
    label = page.words("screen.progress.score")
    upright = Axis(label, is_log=is_wide([score for told in scores.values() for score in told.values()]))
    ends = (places[0] / _AIR, places[-1] * _AIR) if places else None
    along = Axis(page.words("screen.plot.across"), is_log=True, is_rate=True, range=ends)
    chart = Chart("scores", page.words("site.live.scores"), along, (Panel(upright, places, lines, height=260),))
    return Figure(chart, page.words("site.live.scores-caption"), _table(scores, label, page))


def _scores(view: View) -> Mapping[int, Mapping[float, float]]:
    """For each length of run, shortest first, the score by rate: the mean if several runs had one rate."""
    told: dict[int, dict[float, list[float]]] = {}
    for job in view.jobs.values():
        if job.rate and job.score is not None and math.isfinite(job.score):
            told.setdefault(job.stop or job.step, {}).setdefault(job.rate, []).append(job.score)
    return {stop: {rate: sum(all_) / len(all_) for rate, all_ in told[stop].items()} for stop in sorted(told)}


def _table(scores: Mapping[int, Mapping[float, float]], label: str, page: Page) -> Table:
    rows = [(rate, stop, score) for stop, told in scores.items() for rate, score in sorted(told.items())]
    shown = numbers_text([score for _, _, score in rows])
    head = (page.words("report.bracket.rate"), page.words("report.bracket.steps"), label)
    body = tuple((rate_text(rate), count_text(stop), score) for (rate, stop, _), score in zip(rows, shown, strict=True))
    return Table(page.words("site.live.scores"), head, body, 1)
