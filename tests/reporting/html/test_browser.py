"""The report as a browser shows it, opened from disk: what is drawn, pressed, printed and read aloud."""

import base64
import re
from collections.abc import Generator
from importlib import util
from pathlib import Path

import pytest
from tests.reporting.browser import Browser, opened
from tests.reporting.html.test_document import HOSTILE, hostile
from tests.reporting.invented import study

from ratecraft.reporting.html.document import document
from ratecraft.reporting.html.frame import frame
from ratecraft.reporting.report.study_report import report_of
from ratecraft.translations.catalogue import LANGUAGES

THEMES = ("light", "dark")
CHARTS = ("bracket", "extremes", "comparison")
RIGHT, END, TAB, ESCAPE = "\ue014", "\ue010", "\ue004", "\ue00c"  # WebDriver, "Keyboard actions"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with opened(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the invented study in every language."""
    folder = tmp_path_factory.mktemp("reports")
    for language in LANGUAGES:
        (folder / f"{language}.html").write_text(document(report_of(study(), language)), encoding="utf-8")
    return {language: folder / f"{language}.html" for language in LANGUAGES}


@pytest.fixture
def page(browser: Browser, files: dict[str, Path]) -> Browser:
    """The English page in a wide window."""
    browser.open(files["en"])
    return browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_nothing_of_the_network_and_has_nothing_to_complain_of(
    browser: Browser, files: dict[str, Path], language: str
) -> None:
    browser.open(files[language])
    asked = [url for url in browser.requests() if not url.startswith("data:") and url != "about:blank"]
    assert (asked, browser.complaints()) == ([files[language].as_uri()], [])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious(browser: Browser, files: dict[str, Path], language: str, theme: str) -> None:
    package = util.find_spec("axe_core_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core-python is not installed")
    browser.open(files[language], theme=theme)
    browser.run("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    browser.run(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = browser.driver.execute_async_script("axe.run().then(arguments[0])")
    serious = [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not serious


@pytest.mark.parametrize("theme", THEMES)
def test_every_line_is_drawn_in_its_colour(browser: Browser, files: dict[str, Path], theme: str) -> None:
    browser.open(files["en"], theme=theme)
    for chart, roles in (("bracket", "early late chosen own edge"), ("extremes", "low chosen high")):
        drawn = browser.colours(f"[data-chart={chart}]")
        for role in roles.split():
            colour = browser.run(f"return getComputedStyle(document.documentElement).getPropertyValue('--{role}')")
            assert drawn.get(colour.strip(), 0) > 20, (chart, role)


def test_the_picture_has_the_chosen_rate_under_the_lowest_point_and_its_words_inside(
    browser: Browser, files: dict[str, Path]
) -> None:
    for width, name in ((1000, "roomy"), (390, "tight")):
        browser.open(files["en"], width=width)
        x, outside = browser.run(
            """
            const svg = document.querySelector(`.${arguments[0]} svg`);
            const [path, chosen] = ["foreseen", "line-chosen"].map((part) => svg.querySelector(`[data-part=${part}]`));
            const at = (share) => path.getPointAtLength(share * path.getTotalLength());
            const places = [...Array(1001).keys()].map((step) => at(step / 1000));
            const low = places.reduce((one, other) => (other.y > one.y ? other : one));
            const rims = svg.getBoundingClientRect();
            const beyond = [...svg.querySelectorAll("text")].filter((each) => {
              const { left, right } = each.getBoundingClientRect();
              return left < rims.left - 1 || right > rims.right + 1;
            });
            return [low.x - chosen.x1.baseVal.value, beyond.map((each) => each.textContent)];
            """,
            name,
        )
        assert (abs(x) < 1, outside) == (True, [])
        assert [browser.find(f".answer .{each}").is_displayed() for each in ("roomy", "tight")] == [
            name == "roomy",
            name == "tight",
        ]


def test_every_panel_has_a_canvas(page: Browser) -> None:
    counts = [page.run(f"return document.querySelectorAll('[data-chart={key}] canvas').length") for key in CHARTS]
    assert counts == [1, 2, 3]


def test_the_arrows_walk_along_the_probes_and_say_why_each_was_tried(page: Browser) -> None:
    page.type("[data-chart=bracket]", RIGHT)
    assert page.text("#bracket .spoken").startswith("rate 2.5e-4; after 63 steps: val_loss")
    page.type("[data-chart=bracket]", END)
    assert page.text("#bracket .spoken").endswith("blown up; The highest rate still scores well, so 0.26 is tried.")
    assert page.find("#bracket .tip").is_displayed()
    page.type("[data-chart=bracket]", ESCAPE)
    assert not page.find("#bracket .tip").is_displayed()


def test_the_cursor_is_at_one_step_in_every_panel(page: Browser) -> None:
    page.type("[data-chart=comparison]", END)
    assert page.text("#comparison .spoken").startswith("optimizer step 1,600; your script: val_loss 0.17")
    lines = page.run(
        "return [...document.querySelectorAll('#comparison .u-cursor-x')].map((line) => line.style.transform)"
    )
    assert (len(lines), len(set(lines))) == (3, 1)


def test_zooming_shows_a_part_until_everything_is_asked_for(page: Browser) -> None:
    reset = "#comparison .tools button:first-child"
    page.type("[data-chart=comparison]", "++", END)
    shown = re.match(r"optimizer step ([\d,]+);", page.text("#comparison .spoken"))
    assert shown
    assert 900 < int(shown[1].replace(",", "")) < 1100
    page.press(reset)
    assert not page.find(reset).is_displayed()
    page.type("[data-chart=comparison]", END)
    assert page.text("#comparison .spoken").startswith("optimizer step 1,600;")


def test_dragging_zooms(page: Browser) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    over = page.find("#extremes .u-over")
    page.run("arguments[0].scrollIntoView({block: 'center'})", over)
    ActionChains(page.driver).move_to_element(over).click_and_hold().move_by_offset(120, 0).release().perform()
    page.settle()
    assert page.find("#extremes .tools button:first-child").is_displayed()


def test_a_line_can_be_put_out_and_on_again(page: Browser) -> None:
    low = page.run("return getComputedStyle(document.documentElement).getPropertyValue('--low')").strip()
    button = "#extremes .legend button:first-child"
    before = page.colours("#extremes")[low]
    page.press(button)
    assert page.find(button).get_attribute("aria-pressed") == "false"
    assert page.colours("#extremes").get(low, 0) == 0
    page.press(button)
    assert page.colours("#extremes")[low] == before


def test_everything_that_can_be_used_is_reached_by_the_tab_key(page: Browser) -> None:
    wanted = page.run(
        "return [...document.querySelectorAll('a, button, summary, [tabindex]')]"
        ".filter((each) => each.checkVisibility()).map((each) => each.outerHTML)"
    )
    reached = []
    for _ in wanted:
        page.driver.switch_to.active_element.send_keys(TAB)
        reached.append(page.run("return document.activeElement.outerHTML"))
        outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", reached[-1][:80]
    assert reached == wanted


def test_the_theme_is_chosen_and_remembered(page: Browser, files: dict[str, Path]) -> None:
    def look() -> tuple[str, str]:
        return page.text("#theme"), page.run("return getComputedStyle(document.body).backgroundColor")

    assert look() == ("Theme: automatic", "rgb(253, 253, 251)")
    page.press("#theme")
    page.press("#theme")
    assert look() == ("Theme: dark", "rgb(20, 22, 26)")
    page.open(files["en"])
    assert look() == ("Theme: dark", "rgb(20, 22, 26)")
    page.press("#theme")
    assert look()[0] == "Theme: automatic"


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(
    browser: Browser, files: dict[str, Path], language: str, width: int
) -> None:
    browser.open(files[language], width=width)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    browser.type("[data-chart=bracket]", RIGHT)
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_buttons_are_large_enough_to_be_hit(page: Browser) -> None:
    sizes = page.run(
        "return [...document.querySelectorAll('button, summary')].filter((each) => each.checkVisibility())"
        ".map((each) => each.getBoundingClientRect()).map((box) => [box.width, box.height])"
    )
    assert min(min(size) for size in sizes) >= 24


def test_charts_follow_the_width_of_the_window(browser: Browser, files: dict[str, Path]) -> None:
    browser.open(files["en"])
    wide = browser.run("return document.querySelector('canvas').width")
    browser.emulate(width=390)
    browser.settle()
    assert browser.run("return document.querySelector('canvas').width") < 390 < wide


def test_paper_is_light_and_as_wide_as_a_page(browser: Browser, files: dict[str, Path]) -> None:
    browser.open(files["en"], theme="dark", width=390)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    browser.settle()
    assert browser.run("return document.querySelector('canvas').width") == 660
    assert browser.run("return getComputedStyle(document.body).color") == "rgb(29, 31, 34)"
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    browser.settle()
    assert browser.run("return document.querySelector('canvas').width") < 390
    printed = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27})["data"])
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 10


def test_the_code_is_copied(page: Browser) -> None:
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
    page.press(".copy")
    copied = page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == "def rate(step):\n    return 0.012\n"
    assert page.text(".copy") == "Copied"


def test_names_from_a_study_do_nothing(browser: Browser, tmp_path: Path) -> None:
    for number, words in enumerate(HOSTILE):
        file = tmp_path / f"{number}.html"
        file.write_text(document(report_of(hostile(study(), words))), encoding="utf-8")
        browser.open(file)
        assert browser.complaints() == []
        assert [url for url in browser.requests() if not url.startswith(("data:", "about:"))] == [file.as_uri()]
        assert browser.run("return document.querySelectorAll('canvas').length") == 6
        browser.type("[data-chart=comparison]", END)
        assert browser.find("#comparison .tip").is_displayed()


def test_a_notebook_s_frame_draws_the_same_page_without_access_to_the_notebook(
    browser: Browser, files: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><p>cell</p>{frame(files['en'].read_text(encoding='utf-8'), 'Study')}", "utf-8")
    browser.open(file)
    browser.driver.switch_to.frame(0)
    assert browser.run("return document.querySelectorAll('canvas').length") == 6
    assert browser.run("try { return parent.document.title } catch { return 'no access' }") == "no access"
    browser.press("#theme")
    assert browser.text("#theme") == "Theme: light"
    browser.driver.switch_to.default_content()
    assert browser.complaints() == []


@pytest.mark.soak
def test_in_forced_colours_every_mark_of_the_picture_can_still_be_seen(page: Browser) -> None:
    features = [{"name": "forced-colors", "value": "active"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.settle()
    drawn = page.run(
        """
        const seen = (each) => getComputedStyle(each).stroke;
        const paper = getComputedStyle(document.body).backgroundColor;
        const marks = [...document.querySelectorAll(".answer .roomy [data-part]")].flatMap((part) =>
          part.matches("g") ? [...part.querySelectorAll("circle, rect, line")] : [part]);
        return { paper, strokes: marks.map(seen).filter((stroke) => stroke !== "none") };
        """
    )
    assert len(drawn["strokes"]) > 10
    assert drawn["paper"] not in drawn["strokes"]
