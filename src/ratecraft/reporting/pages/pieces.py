"""Building blocks of pages: buttons, fields, tables with links, error boxes, the navigation within Try.

Path:   words and values -> HTML.
"""

from collections.abc import Sequence

from ratecraft.errors import RatecraftError
from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.progress.studies import State
from ratecraft.reporting.text.page import Page


def button(words: str, **attributes: str | bool) -> Markup:
    """A button that a script brings to life."""
    return element("button", text(words), type="button", **attributes)


def submit(words: str, **attributes: str | bool) -> Markup:
    """A button that sends its form."""
    return element("button", text(words), type="submit", **attributes)


def sign(state: State) -> Markup:
    """The state of a study as a symbol, beside the words for it."""
    mark, kind = {"running": ("●", "alive"), "failed": ("✗", "dead")}.get(state, ("■", "still"))
    return element("span", text(mark), class_=kind, aria_hidden="true")


def code_to_copy(code: str, title: str, page: Page) -> Markup:
    """Code in a box, with a button that copies it."""
    copied = page.words("report.copied")
    copy = button(page.words("site.copy-command"), class_="copy", hidden=True, data_copied=copied)
    shown = element("pre", element("code", text(code)), tabindex="0", role="region", aria_label=title)
    return element("div", copy, shown, class_="code")


def copy_link(page: Page) -> Markup:
    """A button that copies the address of the current view."""
    copied = page.words("report.copied")
    return element("p", button(page.words("site.copy-link"), id="copy-link", hidden=True, data_copied=copied))


def command_section(command: str, page: Page) -> Markup:
    """The command that does the same in a terminal, to copy, and the link to this view."""
    title = page.words("site.command")
    typed = code_to_copy(command, title, page)
    return element("section", element("h2", text(title)), typed, copy_link(page), id="command")


def field(
    name: str,
    label: str,
    value: str,
    *,
    id: str = "",  # noqa: A002 - the attribute's name
    is_code: bool = False,
    inputmode: str = "",
) -> Markup:
    """An input line below its label."""
    typed = element(
        "input",
        type="text",
        name=name,
        id=id or name,
        value=value,
        class_="code" if is_code else "",
        inputmode=inputmode,
        autocomplete="off",
        spellcheck="false",
    )
    return element("p", element("label", text(label), for_=id or name), typed, class_="field")


def choice(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Markup:
    """A drop-down list below its label; an option with an empty value means none."""
    told = [
        element("option", text(words), value=value, selected=value == chosen)
        if value
        else Markup(f'<option value="">{text(words)}</option>')
        for value, words in options
    ]
    chooser = element("select", *told, name=name, id=name)
    return element("p", element("label", text(label), for_=name), chooser, class_="field")


def grid(
    caption: str,
    head: Sequence[Markup],
    rows: Sequence[Sequence[Markup]],
    words: int,
    names: int,
    order: tuple[int, str] = (-1, ""),
) -> Markup:
    """A table whose cells may hold links and boxes to tick.

    Args:
        caption: Caption of the table.
        head: Names of the columns.
        rows: Rows with as many cells.
        words: Number of columns, from the left, that hold words; the others hold figures.
        names: Index of the column that names the row.
        order: Index of the column by which the rows are sorted, and `ascending` or `descending`.
    """

    def kind(at: int) -> str:
        return "words" if at < words else ""

    titles = [
        element("th", markup, scope="col", class_=kind(at), aria_sort=order[1] if at == order[0] else "")
        for at, markup in enumerate(head)
    ]
    body = [
        element(
            "tr",
            *(
                element("th", cell, scope="row", class_=kind(at))
                if at == names
                else element("td", cell, class_=kind(at))
                for at, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    whole = element(
        "table",
        element("caption", text(caption)),
        element("thead", element("tr", *titles)),
        element("tbody", *body),
    )
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=caption)


def refusals(errors: Sequence[RatecraftError], page: Page) -> Markup:
    """The errors with their hints, in a box."""
    return joined(*(_refusal(error, page.language) for error in errors))


def _refusal(error: RatecraftError, language: str) -> Markup:
    hint = error.hint(language)
    what_to_do = [element("p", prose(hint))] if hint else []
    return element("div", element("pre", text(error.message(language))), *what_to_do, class_="refusal", role="alert")


def try_nav(here: str, page: Page) -> Markup:
    """The links between schedule and plan."""
    up = "../" if here == "plan" else ""
    ways = (("try", "try", "site.try.schedule"), ("plan", "try/plan", "site.plan.link"))
    links = [
        element("a", text(page.words(key)), href=f"{up}{place}", aria_current="page" if name == here else "")
        for name, place, key in ways
    ]
    items = [element("li", link) for link in links]
    return element("nav", element("ul", *items), class_="tabs", aria_label=page.words("site.try.ways"))
