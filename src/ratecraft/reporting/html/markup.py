"""Turns blocks into HTML. Text from a study is always escaped, never markup.

Path:   `Report` -> the body of the page.
"""

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.reporting.html.drawing import NARROW, WIDE, drawing
from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.html.scale_drawing import scale_drawing
from ratecraft.reporting.pictures.picture import Picture
from ratecraft.reporting.report.blocks import (
    Block,
    Code,
    Drawing,
    Facts,
    Figure,
    Listing,
    Parallel,
    Report,
    Section,
    Stat,
    Table,
    Text,
)
from ratecraft.reporting.text.page import Page


def body(report: Report) -> Markup:
    """Everything that is read."""
    page = Page(report.language)
    main = element("main", article(report), id="top")
    return joined(_bar(page), main, element("footer", element("p", text(report.colophon))))


def article(report: Report, level: int = 1) -> Markup:
    """The main part of a page: the verdict, the contents, the sections.

    Args:
        report: The report.
        level: Level of its heading; 1 for a page by itself.
    """
    page = Page(report.language)
    mark = {"good": "✓", "plain": "=", "open": "?", "fault": "!"}[report.mood]
    sign = element("span", text(mark), class_="sign", aria_hidden="true")
    head = element(
        "header",
        element("p", text(report.origin), class_="origin"),
        element(f"h{level}", sign, prose(report.verdict)),
        element("p", prose(report.meaning), class_="meaning"),
        element("dl", *(stat(fact) for fact in report.stats), class_="stats"),
        class_=f"head {report.mood}",
    )
    shown = [_drawing(report.drawing, page)] if report.drawing else []
    shown += [_remarks(report, page)] if report.remarks else []
    return joined(head, *shown, _contents(report, page), *(section(part, page, level + 1) for part in report.sections))


def _drawing(told: Drawing, page: Page) -> Markup:
    """The picture in two widths; the style sheet shows the one that fits."""
    title = f"{told.title} {told.caption}"
    drawn = (
        element("div", _drawn(told.picture, page, title, width), class_=name)
        for name, width in (("roomy", WIDE), ("tight", NARROW))
    )
    caption = element("figcaption", element("p", prose(told.title), class_="title"), element("p", prose(told.caption)))
    return element("figure", caption, *drawn, class_="answer")


def _drawn(picture: Picture | Scaled, page: Page, title: str, width: int) -> Markup:
    if isinstance(picture, Scaled):
        return scale_drawing(picture, page, title, width)
    return drawing(picture, page, title, width)


def theme_button(page: Page) -> Markup:
    """The switch between automatic, light and dark; hidden until `theme.js` brings it to life."""
    names = {f"data_{name}": page.words(f"report.theme.{name}") for name in ("auto", "light", "dark")}
    return element("button", text(names["data_auto"]), type="button", id="theme", hidden=True, **names)


def _bar(page: Page) -> Markup:
    """The top of the page: a link past it, and the switch between light and dark."""
    skip = element("a", text(page.words("report.skip")), href="#top", class_="skip")
    name = element("span", text("ratecraft"), class_="name")
    return joined(skip, element("div", name, theme_button(page), class_="bar", role="banner"))


def stat(stat: Stat) -> Markup:
    """One figure of a list of figures."""
    beside = [element("dd", prose(stat.beside), class_="beside")] if stat.beside else []
    return element("div", element("dt", text(stat.label)), element("dd", text(stat.value), class_="value"), *beside)


def _remarks(report: Report, page: Page) -> Markup:
    items = element("ul", *(element("li", prose(remark)) for remark in report.remarks))
    return element("aside", items, class_="remarks", aria_label=page.words("screen.label.mind"))


def _contents(report: Report, page: Page) -> Markup:
    links = [element("li", element("a", text(section.title), href=f"#{section.key}")) for section in report.sections]
    return element("nav", element("ul", *links), class_="contents", aria_label=page.words("report.contents"))


def section(section: Section, page: Page, level: int = 2) -> Markup:
    """A section, under a heading of a level."""
    blocks = [block(part, page) for part in section.blocks]
    folded = [_folded(section.folded_title, *(block(part, page) for part in section.folded))] if section.folded else []
    return element("section", element(f"h{level}", text(section.title)), *blocks, *folded, id=section.key)


def block(block: Block, page: Page) -> Markup:
    """One block: a paragraph, a table, a chart, and so on."""
    match block:
        case Text(words):
            return element("p", prose(words))
        case Facts(rows):
            pairs = (element("div", element("dt", text(name)), element("dd", text(value))) for name, value in rows)
            return element("dl", *pairs, class_="facts")
        case Listing(items):
            return element("ol", *(element("li", prose(item)) for item in items), class_="decisions")
        case Table():
            return _table(block)
        case Code(code):
            words, copied = text(page.words("report.copy")), page.words("report.copied")
            button = element("button", words, type="button", class_="copy", hidden=True, data_copied=copied)
            shown = element(
                "pre", element("code", text(code)), tabindex="0", role="region", aria_label=page.words("report.code")
            )
            return element("div", button, shown, class_="code")
        case Figure():
            return _figure(block, page)
        case Parallel():
            return _parallel(block)


def _table(table: Table) -> Markup:
    def cell(name: str, at: int, words: str, **attributes: str) -> Markup:
        return element(name, text(words), class_="words" if at < table.text_columns else "", **attributes)

    titles = [cell("th", at, words, scope="col") if words else element("td") for at, words in enumerate(table.head)]
    head = element("tr", *titles)
    rows: list[Markup] = []
    for number, row in enumerate(table.rows, 1):
        cells = [
            cell("th", at, words, scope="row") if at == 0 else cell("td", at, words) for at, words in enumerate(row)
        ]
        is_total = table.last_is_total and number == len(table.rows)
        rows.append(element("tr", *cells, class_="total" if is_total else ""))
    caption = element("caption", text(table.caption))
    whole = element("table", caption, element("thead", head), element("tbody", *rows))
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=table.caption)


def _parallel(drawing: Parallel) -> Markup:
    """Words at the axes and lines between their rows, which stretch with the page."""
    rows: list[Markup] = []
    for at, (name, low, high) in enumerate(drawing.axes):
        ends = (element("span", text(low)), element("span", text(name), class_="knob"), element("span", text(high)))
        rows.append(element("div", *ends, class_="axis"))
        if at + 1 < len(drawing.axes):
            lines = [
                element("line", x1=f"{100 * first:.4g}", x2=f"{100 * last:.4g}", y1="0", y2="100", class_=kind)
                for strand in drawing.strands
                for kind in ["good" if strand.is_good else ""]
                for first, last in [strand.places[at : at + 2]]
                if first is not None and last is not None
            ]
            shape = {"viewBox": "0 0 100 100", "preserveAspectRatio": "none", "class_": "strands"}
            rows.append(element("svg", *lines, aria_hidden="true", **shape))
    caption = element("figcaption", element("p", prose(drawing.caption)))
    whole = element("div", *rows, class_="parallel", role="img", aria_label=drawing.caption)
    return element("figure", caption, whole)


def _figure(figure: Figure, page: Page) -> Markup:
    """A chart: the elements that the script draws in, its words, and the table behind it."""
    chart = figure.chart
    hint = f"{chart.key}-keys"
    panels = element(
        "div",
        element("div", class_="panels", role="img", aria_label=f"{chart.title} {figure.caption}"),
        class_="chart",
        data_chart=chart.key,
        tabindex="0",
        role="group",
        aria_roledescription=page.words("report.chart"),
        aria_label=chart.title,
        aria_describedby=hint,
    )
    keys = element("p", text(page.words("report.keys")), id=hint, class_="keys")
    without = element("noscript", element("p", text(page.words("report.no-script"))))
    return element(
        "figure",
        element("figcaption", element("p", prose(chart.title), class_="title"), element("p", prose(figure.caption))),
        element("div", class_="legend", role="group", aria_label=page.words("report.lines")),
        panels,
        without,
        keys,
        element("p", class_="spoken", aria_live="polite"),
        _folded(page.words("report.table"), _table(figure.table), class_="data"),
    )


def _folded(title: str, *blocks: Markup, class_: str = "") -> Markup:
    return element("details", element("summary", text(title)), *blocks, class_=class_)
