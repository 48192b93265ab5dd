"""The list of studies.

Path:   `Known` studies + language -> the page.
"""

from collections.abc import Sequence
from pathlib import Path

from ratecraft.reporting.html.markup import Markup, element, joined, prose, text
from ratecraft.reporting.numbers import numbers_text
from ratecraft.reporting.page import Page
from ratecraft.reporting.pages.frame import SitePage
from ratecraft.reporting.pages.library import Known
from ratecraft.reporting.pages.pieces import grid, submit
from ratecraft.translations.catalogue import rate_text

__all__ = ["list_page"]

_COLUMNS = ("study", "result", "rate", "score", "runs", "when")


def list_page(
    studies: Sequence[Known], directories: Sequence[Path], language: str, start: Markup | None = None
) -> SitePage:
    """All studies, the newest first; those at work are marked. Several can be ticked and compared.

    Args:
        studies: In their order.
        directories: Where they were looked for.
        language: `en` or `ja`.
        start: The form that starts one; None where that is not allowed.
    """
    page = Page(language)
    parts = [element("h1", text(page.words("site.studies.title")))]
    if studies:
        parts.append(_form(studies, len(directories) > 1, page))
    else:
        where = ", ".join(map(str, directories))
        parts.append(element("p", prose(page.words("site.studies.none", folders=where)), class_="meaning"))
    if start is not None:
        parts.append(start)
    return SitePage(
        language,
        "studies",
        page.words("site.studies.title"),
        joined(*parts),
        styles=("studies.css",),
        scripts=("list.js",),
        width="wide",
    )


def _form(studies: Sequence[Known], tells_folder: bool, page: Page) -> Markup:
    head = [page.words("site.studies.pick"), *(page.words(f"screen.studies.{name}") for name in _COLUMNS)]
    rows = [_row(each, tells_folder, page) for each in studies]
    table = grid(page.words("site.studies.caption"), head, rows, words=3, names=1)
    compare = element("p", submit(page.words("site.studies.compare"), class_="main"))
    return element("form", table, compare, action="studies/compare", method="get", id="studies")


def _row(study: Known, tells_folder: bool, page: Page) -> list[Markup]:
    line = study.line
    name = element("a", text(line.name), href=f"studies/{study.id}")
    where = [element("span", text(str(study.directory)), class_="where")] if tells_folder else []
    label = page.words("site.studies.pick-one", study=line.name)
    tick = element("input", type="checkbox", name="study", value=study.id, aria_label=label)
    code = line.verdict if line.state == "finished" and line.verdict else line.state
    state = text(page.words(f"screen.state.{code}"))
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
