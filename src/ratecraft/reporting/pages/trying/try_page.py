"""Try: a schedule typed by hand, with its rivals, its warnings and its code.

Path:   `Tried`, surveyed -> the page. Everything on it follows from the address.
Units:  steps are optimizer steps; the area is the share of the run that the same movement takes at the peak.
"""

from collections.abc import Sequence

from ratecraft.errors import RatecraftError
from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.markup import block
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.pieces import choice, command_section, field, refusals, submit, try_nav
from ratecraft.reporting.pages.studies.study_page import CHARTS, chart_words
from ratecraft.reporting.pages.trying.building import BLOCKS
from ratecraft.reporting.pages.trying.tried import CODES, MOST_RIVALS, Tried
from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Panel, Role, to_json
from ratecraft.reporting.preview import Previewed, preview_command, preview_json
from ratecraft.reporting.report.blocks import Code, Figure, Listing, Table, Text
from ratecraft.reporting.text.numbers import count_text
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.analysis import ScheduleAnalysis
from ratecraft.schedules.generated_code.code import keras_code, optax_code, torch_code, transformers_code
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.translations.catalogue import rate_text
from ratecraft.translations.rewording import commented

_ROLES: tuple[Role, ...] = ("chosen", "low", "high", "constant", "own")
_PLACES = 600
_WRITERS = {"torch": torch_code, "transformers": transformers_code, "optax": optax_code, "keras": keras_code}


def try_page(tried: Tried, looked: Sequence[Previewed], wrong: Sequence[RatecraftError], language: str) -> SitePage:
    """The page.

    Args:
        tried: What was typed.
        looked: The expressions that can be read, in order.
        wrong: The errors of the others.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    title = page.words("site.try.title")
    charts: list[dict[str, object]] = []
    parts = [refusals(wrong, page)]
    if looked:
        figure = _figure(looked, page)
        charts.append(to_json(figure.chart))
        parts += [
            block(figure, page),
            *(_said(preview, looked, page) for preview in looked),
            *_code(tried, looked, page),
        ]
    result = element("div", *parts, id="result")
    main = joined(element("h1", text(title)), try_nav("try", page), _form(tried, page), result)
    return SitePage(
        language,
        "try",
        title,
        main,
        styles=("report/uPlot.min.css", "try.css"),
        scripts=(*CHARTS, "figures_page.js", "try.js"),
        data={"words": chart_words(page), "charts": charts},
        width="wide",
    )


def _form(tried: Tried, page: Page) -> Markup:
    blocks = [submit(page.words(f"site.try.block.{name}"), name="append", value=name) for name in BLOCKS]
    drops = [submit(page.words(f"site.try.drop.{name}"), name="drop", value=name) for name in ("last", "all")]
    adding = page.words("site.try.append")
    rivals = (*tried.rivals, *([""] if len(tried.rivals) < MOST_RIVALS else []))
    compared = [
        field("compare", page.words("site.try.compare", number=at), rival, id=f"compare-{at}", is_code=True)
        for at, rival in enumerate(rivals, 1)
    ]
    codes = [(code, page.words(f"site.try.code.{code}")) for code in CODES]
    epoch = field("steps_per_epoch", page.words("site.try.steps-per-epoch"), tried.steps_per_epoch, inputmode="decimal")
    steps = field("steps", page.words("site.try.steps"), tried.steps, inputmode="numeric")
    show = page.words("site.try.show")
    return element(
        "form",
        submit(show, class_="first", tabindex="-1", aria_hidden="true"),  # what Enter presses, before the blocks
        field("schedule", page.words("site.try.expression"), tried.expression, is_code=True),
        element(
            "div", element("span", text(adding)), *blocks, *drops, class_="blocks", role="group", aria_label=adding
        ),
        *compared,
        element(
            "div", steps, epoch, choice("code", page.words("site.try.code-for"), codes, tried.code), class_="fields"
        ),
        element("p", submit(show, class_="main")),
        method="get",
        action="try",
        id="form",
    )


def _figure(looked: Sequence[Previewed], page: Page) -> Figure:
    """The rate of every expression over the run; in a set, other hyperparameters in panels below."""
    steps = looked[0].main.steps
    places = sorted({round(at * (steps - 1) / _PLACES) for at in range(_PLACES + 1)})
    names = list(dict.fromkeys(name for preview in looked for name, _ in preview.surveys))
    panels = tuple(_panel(name, looked, places, page, is_first=at == 0) for at, name in enumerate(names))
    along = Axis(page.words("report.course.steps"), range=(0.0, float(max(steps - 1, 1))))
    chart = Chart("try", page.words("site.try.chart"), along, panels)
    stops = sorted({round(at * (steps - 1) / 20) for at in range(21)})
    head = (page.words("report.course.step"), *(preview.expression for preview in looked))
    rows = tuple(
        (count_text(stop), *(rate_text(preview.main.schedule.at(stop)) for preview in looked)) for stop in stops
    )
    return Figure(chart, _areas(looked, page), Table(page.words("site.try.table"), head, rows))


def _panel(name: str, looked: Sequence[Previewed], places: list[int], page: Page, *, is_first: bool) -> Panel:
    found = [(at, dict(preview.surveys)) for at, preview in enumerate(looked)]
    lines = tuple(
        Line(looked[at].expression, _ROLES[at % len(_ROLES)], tuple(seen[name].schedule.at(step) for step in places))
        for at, seen in found
        if name in seen
    )
    label = page.words("screen.plot.across") if name == "rate" else name
    return Panel(Axis(label, is_rate=True), tuple(map(float, places)), lines, height=280 if is_first else 140)


def _areas(looked: Sequence[Previewed], page: Page) -> str:
    first = looked[0].main
    return page.words("screen.preview.area", area=f"{first.area:.3f}", peak=first.peak)


def _said(each: Previewed, looked: Sequence[Previewed], page: Page) -> Markup:
    """The phases of an expression, and warnings about likely mistakes."""
    told = preview_json([each], page.language)["schedules"][0]["hyperparameters"]
    title = page.words("site.try.phases") if len(looked) == 1 else each.expression
    parts = [element("h2", text(title))]
    for name, seen in each.surveys:
        parts.append(block(_phases(name, seen, page), page))
        remarks = [remark["text"] for remark in told[name]["remarks"]]
        if remarks:
            parts += [block(Text(page.words("site.try.warnings")), page), block(Listing(tuple(remarks)), page)]
    if each is not looked[0] and each.main.area * each.main.peak > 0:
        own = looked[0].main.area * looked[0].main.peak
        times = each.main.area * each.main.peak / own if own else 0.0
        parts.append(
            block(Text(page.words("site.try.moves", times=f"{times:.2f}", area=f"{each.main.area:.3f}")), page)
        )
    return element("section", *parts)


def _phases(name: str, seen: ScheduleAnalysis, page: Page) -> Table:
    head = (name, *(page.words(f"screen.preview.{other}") for other in ("steps", "share", "from", "to")))
    rows = tuple(
        (
            part.expression,
            f"{count_text(part.first)} – {count_text(part.end - 1)}",
            f"{(part.end - part.first) / seen.steps:.1%}",
            rate_text(part.start_value),
            rate_text(part.end_value),
        )
        for part in seen.parts[:100]
    )
    return Table(page.words("site.try.phases-caption"), head, rows)


def _code(tried: Tried, looked: Sequence[Previewed], page: Page) -> list[Markup]:
    """The schedule as code for a framework, and the command that shows the same."""
    first = looked[0]
    title, steps = element("h2", text(page.words("site.try.code-title"))), first.main.steps
    try:
        written = _WRITERS[tried.code](ScheduleSet({name: seen.schedule for name, seen in first.surveys}), steps)
    except RatecraftError as error:
        shown = refusals([error], page)
    else:
        shown = block(Code(commented(written, page.language)), page)
    command = preview_command([preview.expression for preview in looked], steps, tried.sizes)
    return [element("section", title, shown), command_section(command, page)]
