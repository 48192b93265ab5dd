"""Try: a plan as a form, with its values, its reasons and its cautions.

Path:   what was typed and the resulting `Plan` -> the page. Everything on it follows from the address.
"""

from collections.abc import Mapping, Sequence

from ratecraft.errors import RatecraftError
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.presets import builtin_presets
from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.html.markup import section, stat
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.pieces import choice, field, refusals, submit, try_nav
from ratecraft.reporting.pages.trying.tried import NUMBERS
from ratecraft.reporting.plan.code import optimizer_code
from ratecraft.reporting.plan.screen import hyperparameter_text, look_command, plan_json, range_text, source_text
from ratecraft.reporting.report.blocks import Block, Code, Listing, Section, Stat, Table, Text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import has_sentence, rate_text

_FIRST = ("batch_size", "steps", "passes", "rate")
"""Fields that are shown first; the others are folded."""
_CODE_WIDTH = 88


def plan_page(typed: Mapping[str, str], plan: Plan | None, wrong: Sequence[RatecraftError], language: str) -> SitePage:
    """The page.

    Args:
        typed: The values in the form.
        plan: The resulting plan; None if the form is empty or wrong.
        wrong: The errors in the form.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language)
    title = page.words("site.plan.title")
    told = [] if plan is None else _told(plan, page)
    result = element("div", refusals(wrong, page), *told, id="result")
    main = joined(element("h1", text(title)), try_nav("plan", page), _form(typed, page), result)
    return SitePage(
        language,
        "try/plan",
        title,
        main,
        styles=("try.css",),
        scripts=("report/copying.js", "try.js"),
        width="wide",
    )


def _form(typed: Mapping[str, str], page: Page) -> Markup:
    presets = builtin_presets()
    optimizers = [("", page.words("site.plan.choose"))]
    optimizers += [(key, recipe.name) for key, recipe in presets.optimizers.items()]
    tasks = [("", page.words("site.plan.any")), *((key, key) for key in presets.tasks)]

    def chosen(name: str, options: list[tuple[str, str]]) -> Markup:
        return choice(name, page.words(f"site.plan.field.{name}"), options, typed.get(name, ""))

    def number(name: str) -> Markup:
        return field(name, page.words(f"site.plan.field.{name}"), typed.get(name, ""), inputmode="decimal")

    others = [name for name in NUMBERS if name not in _FIRST]
    schedule = field("schedule", page.words("site.plan.field.schedule"), typed.get("schedule", ""), is_code=True)
    more = element("div", *map(number, others), schedule, class_="fields")
    folded = element("summary", text(page.words("site.plan.more")))
    return element(
        "form",
        element("div", chosen("optimizer", optimizers), chosen("task", tasks), *map(number, _FIRST), class_="fields"),
        element("details", folded, more, open=any(typed.get(name) for name in (*others, "schedule"))),
        element("p", submit(page.words("site.plan.show"), class_="main")),
        method="get",
        action="plan",
        id="form",
    )


def _told(plan: Plan, page: Page) -> list[Markup]:
    usual = page.words("screen.plan.column.range")
    near = "" if plan.range is None else f"{usual}: {range_text('rate', plan.settings['rate'], page)}"
    head = element("dl", stat(Stat(page.words("report.stat.rate"), rate_text(plan.rate), near)), class_="stats")
    keys = (
        f"screen.optimizer.{plan.optimizer}.scope",
        f"screen.optimizer.{plan.optimizer}.not",
        f"screen.task.{plan.task}",
    )
    said = [element("p", prose(page.words(key))) for key in keys if has_sentence(key)]
    return [head, *said, *(section(part, page) for part in _sections(plan, page))]


def _sections(plan: Plan, page: Page) -> list[Section]:
    told = plan_json(plan, page.language)["plan"]
    found: list[tuple[str, list[Block]]] = [("values", [_values(plan, page)])]
    if plan.groups:
        found.append(("groups", [_groups(plan, page)]))
    found.append(("why", [Listing(tuple(reason["text"] for reason in told["reasons"]))]))
    mind = [said["text"] for said in (*told["cautions"], *told["remarks"])]
    if mind:
        found.append(("mind", [Listing(tuple(mind))]))
    code: list[Block] = [Code("\n".join(optimizer_code(plan, _CODE_WIDTH)))]
    command, is_example = look_command(plan)
    commands: list[Block] = [Code(plan.expression), Code(command)]
    commands += [Text(page.words("screen.plan.example"))] if is_example else []
    found.append(("schedule", commands))
    sections = [
        Section(f"plan-{name}", page.words(f"screen.plan.label.{name}"), tuple(blocks)) for name, blocks in found
    ]
    return [*sections, Section("plan-code", page.words("site.try.code-title"), tuple(code))]


def _values(plan: Plan, page: Page) -> Table:
    head = tuple(
        page.words(f"screen.plan.column.{name}") for name in ("name", "source", "value", "range", "confidence")
    )
    rows = tuple(
        (
            name,
            source_text(hyperparameter.source, page),
            hyperparameter_text(name, hyperparameter, page),
            range_text(name, hyperparameter, page),
            page.words(f"screen.plan.confidence.{hyperparameter.confidence}"),
        )
        for name, hyperparameter in plan.settings.items()
    )
    return Table(page.words("site.plan.values-caption"), head, rows, 2)


def _groups(plan: Plan, page: Page) -> Table:
    head = tuple(page.words(f"screen.plan.column.{name}") for name in ("group", "rate", "factor", "decay"))
    rows = tuple(
        (
            group.role,
            rate_text(group.rate),
            page.words("screen.plan.factor", factor=f"{group.factor:.3g}"),
            "–" if group.weight_decay is None else rate_text(group.weight_decay),
        )
        for group in plan.groups
    )
    return Table(page.words("site.plan.groups-caption"), head, rows)
