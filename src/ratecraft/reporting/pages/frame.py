"""The frame of every page of the site: head, navigation, switches of language and theme, footer.

Path:   the content of a page (`SitePage`) -> one HTML text, the same for equal pages; served, or a file on disk. If the
        rest of a page takes time to read, `opening` is sent at once and `closing` follows.

All addresses within a page are relative, so that it works below any address and as a plain file. Scripts and styles are
files of `assets/`; inline scripts and `style` attributes are blocked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ratecraft.reporting.html.data_block import data_block
from ratecraft.reporting.html.elements import Markup, element, text
from ratecraft.reporting.html.icon import ICON
from ratecraft.reporting.html.markup import theme_button
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES

Place: TypeAlias = Literal["learn", "studies", "try"]

_PLACES: Mapping[Place, str] = {"learn": "learn/index.html", "studies": "studies", "try": "try"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
"""What a page of the site may load: its own files."""

UNSERVED = "<li data-served hidden>"
"""The first tag of a link that needs a server: hidden in a plain file, shown by a server that sends the file."""


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page of the site.

    Attributes:
        language: Code of a language, e.g. `ja`.
        here: Its address below the folder of its language, e.g. `learn/playground.html`, `studies`, `try`. Its first
            part says which of the three sections it belongs to; the number of `/` tells where the assets are.
        title: Title of the window; the page's name first.
        main: Content of `<main>`, with the only `<h1>`.
        styles: Files below `assets/`, after those of every page.
        scripts: Files below `assets/`, run in this order once the page is read (`defer`).
        data: JSON values for its scripts, in `<script type="application/json" id="data">`.
        width: `text` is a column to read; `wide` leaves room for drawings beside controls.
        is_served: Whether a server is behind it. Without one there are no studies to look at.
        other_languages: Whether the page exists in the other languages under the same `here`.
    """

    language: str
    here: str
    title: str
    main: Markup
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict[str, object])
    width: Literal["text", "wide"] = "text"
    is_served: bool = True
    other_languages: bool = True

    @property
    def root(self) -> str:
        """Relative address of the folder that holds `assets/` and the languages.

        Example:
            >>> SitePage("en", "learn/playground.html", "", Markup("")).root
            '../../'
        """
        return "../" * (self.here.count("/") + 1)


@dataclass(frozen=True, slots=True)
class Rest:
    """The rest of a page, after its opening.

    Attributes:
        main: Content of `<main>` after the part that was sent at once.
        data: The same as `SitePage.data`.
    """

    main: Markup = Markup("")
    data: Mapping[str, object] = field(default_factory=dict[str, object])


def site_html(site: SitePage) -> str:
    """The whole document.

    Args:
        site: The page.
    """
    return opening(site) + closing(site, Rest(data=site.data))


def opening(site: SitePage) -> str:
    """The document up to the end of `main`: enough for a browser to paint.

    Args:
        site: The page; its data are left to `closing`.
    """
    page = Page(site.language)
    assets = f"{site.root}assets/"
    styles = [_style(f"{assets}{name}") for name in ("report/page.css", "frame.css", *site.styles)]
    late = ("frame.js", *site.scripts)
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup(f'<link rel="icon" href="{ICON}">'),
        element("title", text(f"{site.title} · ratecraft")),
        *styles,
        element("script", src=f"{assets}report/theme.js"),  # before anything is drawn
        *(element("script", src=f"{assets}{name}", defer=True) for name in late),
    )
    skip = element("a", text(page.words("site.skip")), href="#main", class_="skip")
    main = element("main", site.main, id="main", tabindex="-1", class_=site.width).removesuffix("</main>")
    return f'<!DOCTYPE html>\n<html lang="{site.language}">{head}<body>{skip}{_header(site, page)}{main}'


def closing(site: SitePage, rest: Rest) -> str:
    """The rest of the document.

    Args:
        site: The page that was opened.
        rest: The rest of its content.
    """
    footer = element("footer", element("p", text(Page(site.language).words("site.footer"))))
    data = data_block(rest.data) if rest.data else ""
    return f"{rest.main}</main>{footer}{data}</body></html>\n"


def _style(address: str) -> Markup:
    return element("link", rel="stylesheet", href=address)


def _header(site: SitePage, page: Page) -> Markup:
    links = [_place(site, page, place) for place in _PLACES]
    nav = element("nav", element("ul", *links), aria_label=page.words("site.places"))
    name = element("a", text("ratecraft"), href=f"{site.root}{site.language}/{_PLACES['learn']}", class_="name")
    switches = [*_languages(site), theme_button(page)]
    return element("header", name, nav, element("div", *switches, class_="switches"), class_="site")


def _place(site: SitePage, page: Page, place: Place) -> Markup:
    is_here = site.here.split("/")[0] == place
    address = f"{site.root}{site.language}/{_PLACES[place]}"
    name = text(page.words(f"site.place.{place}"))
    link = element("a", name, href=address, aria_current="page" if is_here else "")
    is_there = place == "learn" or site.is_served
    return element("li", link) if is_there else Markup(f"{UNSERVED}{link}</li>")


def _languages(site: SitePage) -> list[Markup]:
    """A link to the same page in each other language; `frame.js` adds the state in the address."""
    others = [language for language in LANGUAGES if language != site.language] if site.other_languages else []
    return [
        element(
            "a",
            text(Page(other).words("site.language")),
            href=f"{site.root}{other}/{site.here}",
            hreflang=other,
            lang=other,
        )
        for other in others
    ]
