"""The list of studies: their subjects, states and results, sorted and filtered as the address says.

Path:   `Known` studies + an `Order` of the address + language -> the page.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.pieces import button, field, grid, sign, submit
from ratecraft.reporting.pages.studies.library import Known, names_of
from ratecraft.reporting.pages.studies.study_order import COLUMNS, NEWEST, Listed, Order, ordered
from ratecraft.reporting.pages.ways import demo_section, ways
from ratecraft.reporting.text.durations import about_text
from ratecraft.reporting.text.numbers import numbers_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_SPOKEN = ("connected", "lost", "paused", "pause", "resume")
_MARKED = ("running", "failed", "unfinished")
_UNKNOWN: Mapping[str, float] = {}


def list_page(
    studies: Sequence[Known],
    directories: Sequence[Path],
    language: str,
    start: Markup | None = None,
    order: Order = NEWEST,
    left: Mapping[str, float] = _UNKNOWN,
) -> SitePage:
    """All studies; those under way are marked. Several can be ticked and compared.

    Its script requests the page repeatedly and replaces what has changed.

    Args:
        studies: The studies, in order.
        directories: The working folders that were searched.
        language: Code of a language, e.g. `ja`.
        start: The form that starts a study; None if that is not allowed.
        order: The sorting and the filter.
        left: Expected seconds to the end of the studies under way, by id.
    """
    page = Page(language)
    if studies:
        listed = _form(_listed(studies, order, left, page), len(directories) > 1, order, page)
    else:
        where = ", ".join(map(str, directories))
        none = element("p", prose(page.words("site.studies.none", folders=where)), class_="meaning")
        listed = joined(none, ways(page, "learn/", has_studies=False), demo_section(page))
    parts = [
        element("h1", text(page.words("site.studies.title"))),
        *([_search(order, page)] if studies else []),
        _controls(page),
        element("div", listed, id="list"),
        *([] if start is None else [start]),
        element("p", id="list-spoken", class_="spoken", aria_live="polite"),
    ]
    return SitePage(
        language,
        "studies",
        page.words("site.studies.title"),
        joined(*parts),
        styles=("studies.css",),
        scripts=("list.js", "start.js"),
        data={"words": {name: page.words(f"site.live.{name}") for name in _SPOKEN}},
        width="wide",
    )


def _controls(page: Page) -> Markup:
    """Whether the list updates itself, and a button to pause it; shown by the script, which does both."""
    pause = button(page.words("site.live.pause"), id="pause", aria_pressed="false")
    connection = element("span", id="connection", role="status")
    return element("p", connection, pause, id="following", class_="controls", hidden=True)


def _search(order: Order, page: Page) -> Markup:
    """Words that a row must contain."""
    typed = field("filter", page.words("site.studies.filter"), order.wanted)
    sort = element("input", type="hidden", name="sort", value=order.sort)
    send = element("p", submit(page.words("site.studies.apply")))
    return element("form", typed, sort, send, action="studies", method="get", role="search", class_="search")


def _listed(studies: Sequence[Known], order: Order, left: Mapping[str, float], page: Page) -> Sequence[Listed]:
    """The rows that match, in order."""
    rows = [
        Listed(study, name, _state(study, left.get(study.id), page))
        for study, name in zip(studies, names_of(studies), strict=True)
    ]
    return ordered(rows, order)


def _state(study: Known, left: float | None, page: Page) -> str:
    line = study.line
    said = page.words(f"screen.state.{line.result}")
    if left is None or line.state != "running":
        return said
    return page.words("report.listed").join([said, page.words("screen.progress.left", time=about_text(left, page))])


def _form(rows: Sequence[Listed], tells_folder: bool, order: Order, page: Page) -> Markup:
    head = [text(page.words("site.studies.pick"))]
    for name in COLUMNS:
        words = page.words("site.studies.gain" if name == "gain" else f"screen.studies.{name}")
        head.append(element("a", text(words), href=order.address(name)))
    way = "descending" if order.is_down else "ascending"
    cells = [_row(row, tells_folder, page) for row in rows]
    place = COLUMNS.index(order.by) + 1
    table = grid(page.words("site.studies.caption"), head, cells, words=3, names=1, order=(place, way))
    none = [] if rows else [element("p", text(page.words("site.studies.no-match", wanted=order.wanted)))]
    compare = element("p", submit(page.words("site.studies.compare"), class_="main"))
    return element("form", table, *none, compare, action="studies/compare", method="get", id="studies")


def _row(row: Listed, tells_folder: bool, page: Page) -> list[Markup]:
    study, line = row.study, row.study.line
    name = element("a", text(row.name), href=f"studies/{study.id}")
    beneath = [line.name if line.name != row.name else "", str(study.directory) if tells_folder else ""]
    where = [element("span", text(child), class_="where") for child in beneath if child]
    label = page.words("site.studies.pick-one", study=line.name)
    tick = element("input", type="checkbox", name="study", value=study.id, aria_label=label)
    state = text(row.state)
    if line.failure:
        state = joined(state, element("span", text(line.failure), class_="where"))
    if line.state in _MARKED:
        state = joined(sign(line.state), state)
    values = [loss for loss in (line.before, line.after) if loss is not None]
    score = joined(text(" → ".join(numbers_text(values))), element("span", text(line.metric), class_="where"))
    figures = (
        "" if line.rate is None else rate_text(line.rate),
        "" if line.gain is None else f"{line.gain:+.1%}".replace("+0.0%", "0.0%").replace("-0.0%", "0.0%"),
        "" if line.runs is None else f"{line.runs:.2f}",
        line.when,
    )
    rate, *rest = (text(figure) for figure in figures)
    return [tick, joined(name, *where), state, rate, score if values else Markup(""), *rest]
