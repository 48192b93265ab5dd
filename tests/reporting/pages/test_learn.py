"""Mirrors ratecraft/reporting/pages/learn.py: Learn as files, each of which is there that another one asks for."""

import re
from pathlib import PurePosixPath
from urllib.parse import urljoin

from ratecraft.reporting.pages.frame import UNSERVED, site_html
from ratecraft.reporting.pages.learn import assets, learn_files, learn_page, unbuilt_page
from ratecraft.translations.catalogue import LANGUAGES


def test_every_style_script_and_page_that_a_file_asks_for_is_among_the_files() -> None:
    files = dict(learn_files())
    missing = set[str]()
    for place, content in files.items():
        if not place.endswith(".html"):
            continue
        shown = content.decode().split(UNSERVED)
        text = shown[0] + "".join(part.partition("</li>")[2] for part in shown[1:])
        for address in re.findall(r' (?:href|src)="([^"#?]+)', text):
            if not address.startswith(("data:", "https:", "mailto:")):
                target = urljoin(f"http://x/{place}", address).removeprefix("http://x/")
                missing |= set() if target in files else {f"{place}: {target}"}
    assert missing == set()


def test_both_languages_have_the_same_pages() -> None:
    places = [place for place, _ in learn_files()]
    by_language = [sorted(place[3:] for place in places if place.startswith(f"{each}/")) for each in LANGUAGES]
    assert by_language[0] == by_language[1]
    assert {"learn/index.html", "learn/playground.html", "learn/guide/index.html"} <= set(by_language[0])


def test_no_file_lies_outside_and_none_is_source() -> None:
    for place, _ in learn_files():
        path = PurePosixPath(place)
        assert ".." not in path.parts
        assert not path.is_absolute()
        assert path.suffix != ".py"


def test_the_assets_are_those_of_the_site_and_of_the_report() -> None:
    assert {"frame.css", "frame.js", "report/page.css", "report/uPlot.iife.min.js"} <= assets().keys()


def test_where_the_guide_was_not_built_a_page_says_how() -> None:
    for language in LANGUAGES:
        assert "<code>make guide</code>" in site_html(unbuilt_page(language))


def test_the_first_page_leads_to_the_playground_then_to_one_s_studies_then_to_the_guide() -> None:
    playground = ["playground.html#rate=0.4", "playground.html#show=tuner"]
    ways = [re.findall(r'<li><a href="([^"]+)">', learn_page("ja", is_served=served).main) for served in (True, False)]
    assert ways == [[*playground, "../studies", "guide/index.html"], [*playground, "guide/index.html"]]
    assert "<code>ratecraft demo</code>" in learn_page("en").main
