"""The built guide: complete, valid, without anything that the site's policy forbids, and as a browser shows it."""

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from html.parser import HTMLParser
from importlib import resources, util
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from tests.docs.markdown import ROOT, Document
from tests.reporting.browser import Browser, opened

from ratecraft.reporting.pages.frame import site_html
from ratecraft.reporting.pages.playground import playground_page
from ratecraft.translations.catalogue import LANGUAGES, all_sentences

VOID = {"meta", "link", "img", "br", "hr", "input"}
CHAPTERS = sorted(path.stem for path in (ROOT / "docs" / "guide" / "en").glob("*.md"))
SHOWN = ("index", "rate", "first-value", "not-learning", "finding-overfit", "findings")
"""Pages of every kind."""
ELSEWHERE = {"learn/index.html", "learn/playground.html"} | {
    f"{each}/{place}" for each in LANGUAGES for place in ("studies", "try")
}
"""What the rest of the site makes."""


class Page(HTMLParser):
    """Ids, addresses, attributes and the nesting of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids, self.targets = list[str](), list[str]()
        self.attributes, self.open, self.faults = list[tuple[str, str]](), list[str](), list[str]()
        self.names = list[str]()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names.append(tag)
        self.attributes += given.items()
        self.ids += [given["id"]] if "id" in given else []
        self.targets += [given[name] for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide where the site has it, with what its pages load."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    config = ROOT / "docs" / "building" / "mkdocs.yml"
    build = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--strict",
        "-f",
        str(config),
        "-d",
        str(folder / "guide"),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for language in LANGUAGES:
        shutil.copytree(folder / "guide" / language, folder / language / "learn" / "guide")
    reporting = resources.files("ratecraft.reporting")
    with (
        resources.as_file(reporting / "pages" / "assets") as own,
        resources.as_file(reporting / "html" / "assets") as report,
    ):
        shutil.copytree(own, folder / "assets")
        shutil.copytree(report, folder / "assets" / "report")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for language in LANGUAGES for path in sorted((site / language).rglob("*.html"))}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with opened(tmp_path_factory.mktemp("profile")) as window:
        yield window


def test_every_finding_and_every_error_has_its_place_in_every_language(pages: dict[Path, Page]) -> None:
    findings = {key.split(".")[1] for key in all_sentences("en") if key.startswith("finding.")}
    errors = {key.split(".")[1] for key in all_sentences("en") if key.startswith("error.")}
    for language in LANGUAGES:
        names = {path.name for path in pages if path.parent.parent.parent.name == language}
        assert {f"finding-{code}.html" for code in findings} | {f"{name}.html" for name in CHAPTERS} == names
        messages = next(
            page for path, page in pages.items() if path.name == "messages.html" and f"/{language}/" in str(path)
        )
        assert errors <= set(messages.ids)


def test_every_link_anchor_and_asset_is_there(pages: dict[Path, Page]) -> None:
    missing = list[str]()
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if parts.scheme == "data" or f"{place.parent.name}/{place.name}" in ELSEWHERE:
                continue
            if not place.is_file() or (parts.fragment and parts.fragment not in pages[place].ids):
                missing.append(f"{path.parent.parent.parent.name}/{path.name}: {target}")
    assert missing == []


def test_every_state_of_the_playground_that_is_linked_is_one_that_it_has(pages: dict[Path, Page]) -> None:
    offered = set(re.findall(r'value="([^"]+)"', site_html(playground_page("en"))))
    linked = {target for page in pages.values() for target in page.targets if "playground.html#" in target}
    assert linked
    for target in linked:
        state = dict(parse_qsl(target.partition("#")[2], strict_parsing=True))
        chosen = {name: value for name, value in state.items() if name in ("problem", "optimizer", "schedule", "clip")}
        assert set(chosen.values()) <= offered, target
        assert 1e-5 <= float(state.get("rate", 1)) <= 10, target


def test_every_page_is_well_formed_and_has_one_heading_above_all(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert (page.faults, page.open) == ([], []), path.name
        assert len(page.ids) == len(set(page.ids)), path.name
        assert page.names.count("h1") == 1, path.name


def test_every_block_of_code_of_a_chapter_is_one_in_its_page(site: Path) -> None:
    for language in LANGUAGES:
        for name in CHAPTERS:
            page = (site / language / "learn" / "guide" / f"{name}.html").read_text(encoding="utf-8")
            shown = [html.unescape(each) for each in re.findall(r"<pre[^>]*><code[^>]*>(.*?)</code></pre>", page, re.S)]
            chapter = Document(ROOT / "docs" / "guide" / language / f"{name}.md")
            assert shown == chapter.blocks(), f"{language}/{name}"


def test_nothing_in_a_page_is_run_or_styled_in_place(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        text = path.read_text(encoding="utf-8")
        assert [name for name, _ in page.attributes if name == "style" or name.startswith("on")] == [], path.name
        assert "<style" not in text
        assert re.findall(r"<script(?![^>]* src=)(?![^>]*application/json)", text) == [], path.name


def test_figures_stand_within_the_page_with_their_title_and_words(pages: dict[Path, Page], site: Path) -> None:
    page = next(page for path, page in pages.items() if path.name == "rate.html")
    assert "svg" in page.names
    assert {"valley", "valley-title", "valley-text"} <= set(page.ids)
    assert "<title id=" not in (site / "en" / "learn" / "guide" / "rate.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_has_nothing_to_complain_of_and_asks_for_files_only(
    browser: Browser, site: Path, language: str
) -> None:
    for name in SHOWN:
        browser.open(site / language / "learn" / "guide" / f"{name}.html")
        asked = [url for url in browser.requests() if not url.startswith(("file:", "data:", "about:"))]
        assert (asked, browser.complaints()) == ([], []), name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious(browser: Browser, site: Path, language: str, theme: str) -> None:
    package = util.find_spec("axe_core_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core-python is not installed")
    axe = Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    asked = "{}" if theme == "light" else "{runOnly: ['color-contrast']}"  # only colours differ in the dark
    serious = list[str]()
    for name in ("rate", "first-value", "finding-overfit"):
        browser.open(site / language / "learn" / "guide" / f"{name}.html", theme=theme)
        browser.run(axe)
        found = browser.driver.execute_async_script(f"axe.run({asked}).then(arguments[0])")
        serious += [
            f"{name} {each['id']}: {node['html'][:120]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
    assert serious == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_chapter_scrolls_sideways_on_a_phone(browser: Browser, site: Path, language: str) -> None:
    wide = list[str]()
    for name in (*CHAPTERS, "finding-overfit"):
        browser.open(site / language / "learn" / "guide" / f"{name}.html", width=320)
        wide += [name] if browser.run("return document.documentElement.scrollWidth") > 320 else []
    assert wide == []


def test_a_figure_takes_the_colours_of_the_theme(browser: Browser, site: Path) -> None:
    colours = list[str]()
    for theme in ("light", "dark"):
        browser.open(site / "en" / "learn" / "guide" / "rate.html", theme=theme)
        colours.append(browser.run("return getComputedStyle(document.querySelector('.drawn .a')).color"))
    assert colours == ["rgb(0, 105, 168)", "rgb(98, 184, 234)"]
