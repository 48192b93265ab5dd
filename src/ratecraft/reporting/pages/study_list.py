"""The list of studies.

Path:   `Known` studies + language -> the page.
"""

from collections.abc import Sequence
from pathlib import Path

from ratecraft.reporting.html.elements import Markup, element, joined, prose, text
from ratecraft.reporting.numbers import numbers_text
from ratecraft.reporting.page import Page
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.library import Known
from ratecraft.reporting.pages.pieces import button, grid, submit
from ratecraft.reporting.studies import own_arguments
from ratecraft.translations.catalogue import rate_text

__all__ = ["list_page"]

_SPOKEN = ("connected", "lost", "paused", "pause", "resume")
_COLUMNS = ("study", "result", "rate", "score", "runs", "when")


def list_page(
    studies: Sequence[Known], directories: Sequence[Path], language: str, start: Markup | None = None
) -> SitePage:
    """All studies, the newest first; those at work are marked. Several can be ticked and compared.

    Its script asks for the page again and again, and takes over what has changed.

    Args:
        studies: In their order.
        directories: Where they were looked for.
        language: Code of a language, e.g. `ja`.
        start: The form that starts one; None where that is not allowed.
    """
    page = Page(language)
    if studies:
        listed = _form(studies, len(directories) > 1, page)
    else:
        where = ", ".join(map(str, directories))
        listed = element("p", prose(page.words("site.studies.none", folders=where)), class_="meaning")
    parts = [
        element("h1", text(page.words("site.studies.title"))),
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
    """Whether the list follows what happens, and the button that lets it rest; only a script can do either."""
    pause = button(page.words("site.live.pause"), id="pause", aria_pressed="false")
    connection = element("span", id="connection", role="status")
    return element("p", connection, pause, id="following", class_="controls", hidden=True)


def _form(studies: Sequence[Known], tells_folder: bool, page: Page) -> Markup:
    head = [page.words("site.studies.pick"), *(page.words(f"screen.studies.{name}") for name in _COLUMNS)]
    own = own_arguments([each.line for each in studies])
    rows = [_row(each, said, tells_folder, page) for each, said in zip(studies, own, strict=True)]
    table = grid(page.words("site.studies.caption"), head, rows, words=3, names=1)
    compare = element("p", submit(page.words("site.studies.compare"), class_="main"))
    return element("form", table, compare, action="studies/compare", method="get", id="studies")


def _row(study: Known, own: str, tells_folder: bool, page: Page) -> list[Markup]:
    line = study.line
    name = element("a", text(line.name), href=f"studies/{study.id}")
    beneath = [own, *([str(study.directory)] if tells_folder else [])]
    where = [element("span", text(each), class_="where") for each in beneath if each]
    label = page.words("site.studies.pick-one", study=line.name)
    tick = element("input", type="checkbox", name="study", value=study.id, aria_label=label)
    code = line.verdict if line.state == "finished" and line.verdict else line.state
    state = text(page.words(f"screen.state.{code}"))
    if line.failure:
        state = joined(state, element("span", text(line.failure), class_="where"))
    if line.state == "running":
        state = joined(element("span", text("●"), class_="alive", aria_hidden="true"), state)
    values = [each for each in (line.before, line.after) if each is not None]
    score = f"{line.metric} {' → '.join(numbers_text(values))}" if values else ""
    figures = (
        "" if line.rate is None else rate_text(line.rate),
        score,
        "" if line.runs is None else f"{line.runs:.2f}",
        line.when,
    )
    return [tick, joined(name, *where), state, *(text(each) for each in figures)]
