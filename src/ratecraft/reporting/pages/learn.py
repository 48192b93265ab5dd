"""Learn: the page that leads to the guide and the playground, and the whole section as plain files.

Path:   the pages' pure functions, the built guide -> served, or written into a folder.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from ratecraft.reporting.html.elements import element, joined, prose, text
from ratecraft.reporting.pages.frame import SitePage, site_html
from ratecraft.reporting.pages.playground import playground_page
from ratecraft.reporting.pages.ways import demo_section, ways
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES

_GUIDE = "learn/guide/"


def learn_page(language: str, *, is_served: bool = True) -> SitePage:
    """The start page of Learn.

    Args:
        language: Code of a language, e.g. `ja`.
        is_served: Whether a server is behind it.
    """
    page = Page(language)
    title = page.words("site.learn.title")
    lead = element("p", prose(page.words("site.learn.lead")), class_="meaning")
    shown = ways(page, "", has_studies=is_served)
    main = joined(element("h1", text(title)), lead, shown, element("section", demo_section(page)))
    here = "learn/index.html"
    return SitePage(language, here, title, main, scripts=("report/copying.js",), width="wide", is_served=is_served)


def unbuilt_page(language: str, *, is_served: bool = True) -> SitePage:
    """The page shown instead of the guide if that was not built.

    Args:
        language: Code of a language, e.g. `ja`.
        is_served: Whether a server is behind it.
    """
    page = Page(language)
    title = page.words("site.learn.guide")
    how = element("p", prose(page.words("site.learn.unbuilt")))
    return SitePage(
        language, f"{_GUIDE}index.html", title, joined(element("h1", text(title)), how), is_served=is_served
    )


@cache
def assets() -> Mapping[str, bytes]:
    """Every file that pages may request, by its path below `assets/`."""
    report = resources.files("ratecraft.reporting.html").joinpath("assets")
    site = resources.files("ratecraft.reporting.pages").joinpath("assets")
    found = {f"report/{place}": file for place, file in _files(report)}
    return {place: file.read_bytes() for place, file in {**found, **dict(_files(site))}.items()}


@cache
def guide_files(language: str) -> Mapping[str, bytes]:
    """The built guide by path below its folder; in English if it does not exist in a language.

    Empty if the guide was not built.
    """
    guide = resources.files("ratecraft.reporting.pages").joinpath("guide")
    folder = next((own for code in (language, "en") if (own := guide.joinpath(code)).is_dir()), guide.joinpath("en"))
    return {place: file.read_bytes() for place, file in _files(folder)} if folder.is_dir() else {}


def has_guide() -> bool:
    """Whether the guide was built; does not read its files."""
    return resources.files("ratecraft.reporting.pages").joinpath("guide", "en", "index.html").is_file()


def learn_files() -> Iterator[tuple[str, bytes]]:
    """All of Learn as files that need no server: path below the folder and content.

    Example:
        >>> "en/learn/index.html" in dict(learn_files())
        True
    """
    yield from ((f"assets/{place}", content) for place, content in assets().items())
    for language in LANGUAGES:
        for page in (learn_page(language, is_served=False), playground_page(language, is_served=False)):
            yield f"{language}/{page.here}", site_html(page).encode()
        guide = guide_files(language) or {"index.html": site_html(unbuilt_page(language, is_served=False)).encode()}
        yield from ((f"{language}/{_GUIDE}{place}", content) for place, content in guide.items())


def _files(folder: Traversable, place: str = "") -> Iterator[tuple[str, Traversable]]:
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.is_dir():
            yield from _files(path, f"{place}{path.name}/")
        elif not path.name.startswith((".", "__")) and not path.name.endswith(".py"):
            yield f"{place}{path.name}", path
