"""Mirrors ratecraft/reporting/pages/frame.py: the same head for every page, and addresses that work anywhere."""

import re
from urllib.parse import urljoin

import pytest

from ratecraft.reporting.html.elements import Markup
from ratecraft.reporting.pages.frame import UNSERVED, Rest, SitePage, closing, opening, site_html
from ratecraft.translations.catalogue import LANGUAGES

BASES = ("http://127.0.0.1:8765/", "file:///home/me/public/")


def page(here: str = "learn/playground.html", language: str = "en", **told: object) -> SitePage:
    return SitePage(language, here, "Title", Markup("<h1>Words</h1>"), **told)  # pyright: ignore[reportArgumentType]


def addresses(html: str) -> list[str]:
    return [each for each in re.findall(r' (?:href|src)="([^"#]+)"', html) if not each.startswith("data:")]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("here", ["studies", "try/plan", "learn/guide/too-large.html", "studies/a/runs/b"])
def test_every_address_is_below_the_root_wherever_the_page_lies(here: str, base: str) -> None:
    seen = [urljoin(f"{base}en/{here}", each) for each in addresses(site_html(page(here, scripts=("a/b.js",))))]
    assert all(each.startswith(base) for each in seen)
    assert f"{base}assets/report/page.css" in seen
    assert f"{base}assets/a/b.js" in seen
    assert f"{base}ja/{here}" in seen
    assert f"{base}en/learn/index.html" in seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_place_that_a_page_belongs_to_is_marked(language: str) -> None:
    for here in ("learn/index.html", "studies/x", "try/plan"):
        marked = re.findall(r'href="([^"]+)" aria-current="page"', site_html(page(here, language)))
        assert [each.split("/")[-2 if each.endswith(".html") else -1] for each in marked] == [here.split("/")[0]]


def test_without_a_server_what_needs_one_is_there_but_hidden() -> None:
    served, plain = site_html(page()), site_html(page(is_served=False))
    assert plain.count(UNSERVED) == 2
    assert plain.replace(UNSERVED, "<li>") == served


def test_a_page_without_a_twin_offers_no_other_language() -> None:
    assert "hreflang" not in site_html(page(other_languages=False))


def test_the_theme_is_set_before_anything_is_drawn_and_the_rest_runs_when_the_page_is_read() -> None:
    scripts = re.findall(r"<script src=\"([^\"]+)\"( defer)?>", site_html(page(scripts=("x.js",))))
    assert [(name.rpartition("/")[2], bool(late)) for name, late in scripts] == [
        ("theme.js", False),
        ("frame.js", True),
        ("x.js", True),
    ]


def test_a_page_in_two_parts_is_the_page_and_its_beginning_can_be_painted() -> None:
    whole, more = page(data={"places": [1]}), Markup("<p>More</p>")
    begun = opening(page())
    assert site_html(whole) == begun + closing(whole, Rest(data=whole.data))
    assert begun.endswith("<h1>Words</h1>")
    assert closing(page(), Rest(more)).startswith("<p>More</p></main><footer>")


def test_data_cannot_end_their_element() -> None:
    html = site_html(page(data={"name": "</script><script>alert(1)</script>"}))
    assert html.count("</script>") == len(re.findall("<script", html))
    assert "alert(1)" in html


def test_the_same_page_gives_the_same_text() -> None:
    assert site_html(page()) == site_html(page())
