"""The site as a browser shows it, from a real server: every page in both languages and themes, by keyboard, narrow."""

from collections.abc import Generator
from importlib import util
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.reporting.browser import Browser, opened
from tests.reporting.pages import made

from ratecraft.api.ui import Site
from ratecraft.translations.catalogue import LANGUAGES

STUDY = "studies/tune-train-3f9a12"
PAGES = {
    "list": "studies",
    "study": STUDY,
    "live": "studies/tune-live-1",
    "run": "studies/tune-long-1/runs/{key}",
    "compare": "studies/compare?study=tune-train-3f9a12&study=tune-hostile-1",
    "try": "try?schedule=0.1+*+(warmup(0.1)+>>+cosine(1,+0))&compare=0.1+*+linear(1,+0)&compare=cosin(&steps=1000",
    "plan": "try/plan?optimizer=adamw&task=fine-tuning-vision&batch_size=64&steps=3000",
    "learn": "learn/index.html",
    "missing": "studies/nothing",
}
TAB, ENTER, END, RIGHT = "\ue004", "\ue007", "\ue010", "\ue014"  # WebDriver, "Keyboard actions"


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    return made.long_run(folder, 200_000)[1]


@pytest.fixture(scope="module")
def served(folder: Path, key: str) -> Generator[Site]:
    (folder / "train.py").write_text("print('never run here')\n")
    with made.serving(folder, allow_run=True) as site:
        yield site


@pytest.fixture(scope="module")
def browser(served: Site, tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with opened(tmp_path_factory.mktemp("profile")) as window:
        window.driver.get(served.address)
        yield window


class Visitor:
    """Somebody with a browser and the cookie."""

    def __init__(self, browser: Browser, site: Site, key: str) -> None:
        self.browser, self.site, self.key = browser, site, key

    def visit(self, page: str, language: str = "en", *, theme: str = "light", width: int = 1000) -> Browser:
        self.browser.emulate(theme, width)
        self.browser.driver.get("about:blank")
        self.browser.complaints()
        path = PAGES.get(page, page).format(key=self.key)
        self.browser.driver.get(f"http://127.0.0.1:{self.site.service.port}/{language}/{path}")
        self.browser.settle()
        return self.browser

    def until(self, script: str) -> None:
        """Wait for a script to say yes, as long as a driver waits."""
        self.browser.driver.execute_async_script(
            f"const done = arguments[0]; const look = () => ({script}) ? done() : setTimeout(look, 30); look();"
        )


@pytest.fixture
def visitor(browser: Browser, served: Site, key: str) -> Visitor:
    return Visitor(browser, served, key)


def axe(browser: Browser, what: str) -> list[str]:
    package = util.find_spec("axe_core_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core-python is not installed")
    if not browser.run("return 'axe' in window"):
        browser.run(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = browser.driver.execute_async_script(f"axe.run({what}).then(arguments[0])")
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_sound_in_both_themes_and_on_a_phone(visitor: Visitor, page: str, language: str) -> None:
    browser = visitor.visit(page, language)
    if page == "run":
        visitor.until("document.querySelector('#findings h2')")
    browser.run("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    within = "'header.site, #runs, #command', " if page == "study" else ""  # the report has a test of its own
    assert axe(browser, within) == []
    browser.emulate("dark")
    assert axe(browser, f"{within}{{runOnly: ['color-contrast']}}") == []
    browser.emulate("light", 320)
    browser.settle()
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    assert browser.run("return document.querySelectorAll('h1').length") == 1
    assert browser.run("return document.documentElement.lang") == language
    complaints = [each for each in browser.complaints() if page != "missing" or "404" not in each]
    assert complaints == []


@pytest.mark.parametrize("page", ["list", "live", "run", "try", "plan"])
def test_everything_that_can_be_used_is_reached_by_the_tab_key_and_seen(visitor: Visitor, page: str) -> None:
    browser = visitor.visit(page)
    if page == "run":
        visitor.until("document.querySelector('#findings h2')")
    sign = "((each) => [each.tagName, each.name ?? each.id, each.value, each.textContent.slice(0, 60)].join(' '))"
    wanted = browser.run(
        "return [...document.querySelectorAll('a, button, summary, input, select, textarea, [tabindex]')]"
        ".filter((each) => each.checkVisibility() && each.tabIndex >= 0)"
        ".filter((each) => !each.closest('details:not([open]) > :not(summary)'))"
        f".map({sign})"
    )
    reached = []
    for _ in wanted:
        browser.driver.switch_to.active_element.send_keys(TAB)
        reached.append(browser.run(f"return {sign}(document.activeElement)"))
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", reached[-1]
    assert sorted(reached) == sorted(wanted)


def test_buttons_and_fields_are_large_enough_to_be_hit(visitor: Visitor) -> None:
    for page in ("list", "live", "try", "plan"):
        small = visitor.visit(page).run(
            "return [...document.querySelectorAll('button, summary, input, select, .site a')].filter((each) => {"
            "const box = each.getBoundingClientRect(); return each.checkVisibility() && each.tabIndex >= 0 && "
            "Math.min(box.width, box.height) < 24}).map((each) => each.outerHTML)"
        )
        assert small == []


def test_the_theme_and_the_language_stay_with_the_reader(visitor: Visitor) -> None:
    browser = visitor.visit("try")
    browser.press("#theme")
    browser.press("#theme")
    browser.press(".switches a")
    assert urlsplit(browser.driver.current_url).path == "/ja/try"
    assert parse_qs(urlsplit(browser.driver.current_url).query)["steps"] == ["1000"]
    assert browser.run("return [document.documentElement.dataset.theme, document.documentElement.lang]") == [
        "dark",
        "ja",
    ]
    browser.press("#theme")


# ---- studies


def test_the_list_follows_what_happens_unless_it_is_paused_and_keeps_what_is_ticked(
    visitor: Visitor, tmp_path: Path
) -> None:
    working, browser = made.Working(tmp_path), visitor.browser
    state = "document.querySelector('#list td.words:not(:has(input))').textContent"
    with made.serving(tmp_path) as site:
        browser.driver.get(site.address)
        visitor.until(f"!document.getElementById('following').hidden && {state}.includes('running')")
        browser.find("#list input").click()
        browser.press("#pause")
        assert browser.text("#connection") == "Paused: nothing changes until you continue."
        working.end()
        working.answer()
        working.record.close()
        made.finished(tmp_path)
        assert browser.run("return document.querySelectorAll('#list tbody tr').length") == 1
        browser.press("#pause")
        visitor.until("document.querySelectorAll('#list tbody tr').length === 2")
    visitor.until("document.getElementById('connection').dataset.state === 'lost'")
    ticked = "return [...document.querySelectorAll('#list :checked')].map((each) => each.value)"
    assert browser.run(ticked) == ["tune-live-1"]
    said = browser.text("#list-spoken")
    assert "tune-live-1: gain" in said
    assert "tune-train-3f9a12: gain" in said


def test_an_empty_list_takes_the_first_study_in(visitor: Visitor, tmp_path: Path) -> None:
    (tmp_path / ".ratecraft").mkdir()
    with made.serving(tmp_path) as site:
        visitor.browser.driver.get(site.address)
        assert "ratecraft tune train.py" in visitor.browser.text("#list")
        made.finished(tmp_path)
        visitor.browser.press("#pause")
        visitor.browser.press("#pause")
        visitor.until("document.querySelector('#list tbody a')?.textContent === 'train.py'")


def test_studies_are_picked_and_compared(visitor: Visitor) -> None:
    browser = visitor.visit("list")
    for box in browser.driver.find_elements("css selector", "#studies input")[-2:]:
        box.click()
    browser.press("#studies button")
    assert parse_qs(urlsplit(browser.driver.current_url).query).keys() == {"study"}
    assert browser.run("return document.querySelectorAll('canvas').length") == 3


def test_a_live_study_is_drawn_as_it_goes_can_be_paused_and_is_caught_up(
    visitor: Visitor, working: made.Working
) -> None:
    browser = visitor.visit("live")
    visitor.until("document.getElementById('connection').dataset.state === 'connected'")
    before = working.told
    working.tell(10)
    visitor.until(f"document.getElementById('live-jobs').textContent.includes('{before + 10} of 400')")
    browser.press("#pause")
    assert browser.text("#connection") == "Paused: nothing changes until you continue."
    working.tell(10)
    browser.press("#pause")
    visitor.until(f"document.getElementById('live-jobs').textContent.includes('{before + 20} of 400')")
    assert browser.run("return document.querySelectorAll('#live-news li').length") == 1
    browser.type("[data-chart=live]", END)
    assert f"optimizer step {before + 19}" in browser.text("figure:has([data-chart=live]) .spoken")


def test_scores_are_drawn_from_the_first_one_on(visitor: Visitor, tmp_path: Path) -> None:
    working, driver = made.Working(tmp_path), visitor.browser.driver
    working.tell(5)
    with made.serving(tmp_path) as site:
        driver.get(site.address.replace("studies?", "studies/tune-live-1?"))
        visitor.until("document.getElementById('connection').dataset.state === 'connected'")
        assert not driver.find_element("css selector", "[data-chart=scores]").is_displayed()
        working.end()
        visitor.until("document.querySelector('[data-chart=scores] canvas')?.offsetWidth > 100")
        visitor.browser.type("[data-chart=scores]", END)
        visitor.until("document.querySelector('section:has([data-chart=scores]) .spoken').textContent.includes('0.25')")
        driver.find_element("css selector", "figure:has([data-chart=scores]) summary").click()
        table = driver.find_element("css selector", "figure:has([data-chart=scores]) tbody")
        assert table.text == "1e-2 400 0.250"
        working.record.close()


def test_an_open_page_survives_a_restart_of_the_site_and_turns_into_the_report(
    visitor: Visitor, tmp_path: Path
) -> None:
    working, driver = made.Working(tmp_path), visitor.browser.driver
    working.tell(5)
    with made.serving(tmp_path) as site:
        driver.get(site.address.replace("studies?", "studies/tune-live-1?"))
        visitor.until("document.getElementById('connection').dataset.state === 'connected'")
    visitor.until("document.getElementById('connection').dataset.state === 'lost'")
    working.tell(7)
    with made.serving(tmp_path):
        visitor.until("document.getElementById('live-jobs').textContent.includes('12 of 400')")
        working.end()
        working.answer()
        working.record.close()
        visitor.until("document.readyState === 'complete' && document.getElementById('runs')")
    assert visitor.browser.text("h1").startswith("✓Gain")


def test_what_may_not_be_started_is_said(visitor: Visitor, folder: Path) -> None:
    browser = visitor.visit("list")
    (folder / "train.py").rename(folder / "other.py")
    browser.press("#start button")
    visitor.until("document.getElementById('start-said').textContent")
    assert browser.text("#start-said") == "script can't be 'train.py'; allowed: other.py."
    (folder / "other.py").rename(folder / "train.py")


def test_a_click_leads_from_a_study_to_a_run(visitor: Visitor) -> None:
    browser = visitor.visit("study")
    browser.press("#runs th a")
    visitor.until("document.querySelector('#findings h2')")
    assert browser.text("h1").startswith("One run")
    assert browser.run("return document.querySelectorAll('[data-chart=run] canvas').length") == 2


def test_a_zoom_shows_what_was_hidden_stands_in_the_address_and_is_undone_by_back(visitor: Visitor) -> None:
    browser = visitor.visit("run")
    whole = browser.run("return Drawn.charts.get('run').told.panels[0].places.length")
    browser.run("Drawn.charts.get('run').show([127300, 127500])")
    visitor.until("Drawn.charts.get('run').told.panels[0].places.length <= 201")
    assert browser.run("return Math.max(...Drawn.charts.get('run').told.panels[0].lines[0].values)") == 9
    assert urlsplit(browser.driver.current_url).fragment == "zoom=127300,127500"
    address = browser.driver.current_url
    browser.driver.back()
    visitor.until(f"Drawn.charts.get('run').told.panels[0].places.length === {whole}")
    browser.driver.get("about:blank")
    browser.driver.get(address)
    visitor.until("Drawn.charts.get('run').told.panels[0].places.length <= 201")


def test_the_plain_curve_does_not_hide_a_spike(visitor: Visitor) -> None:
    browser = visitor.visit("run")
    assert browser.run("return Math.max(...Drawn.charts.get('run').told.panels[0].lines[0].values)") == 9


def test_findings_are_marked_on_the_curve(visitor: Visitor, folder: Path) -> None:
    _, key = made.broken_run(folder)
    browser = visitor.visit(f"studies/tune-broken-1/runs/{key}")
    visitor.until("document.querySelector('#findings h3')")
    marks = browser.run("return Drawn.charts.get('run').told.panels[0].marks.map((mark) => mark.kind)")
    assert {"edge", "cross"} <= set(marks)
    edge = browser.run("return getComputedStyle(document.documentElement).getPropertyValue('--edge')").strip()
    assert browser.colours("[data-chart=run]").get(edge, 0) > 20


@pytest.mark.parametrize("width", [1000, 320])
def test_names_of_findings_that_begin_close_together_do_not_overlap(visitor: Visitor, width: int) -> None:
    browser = visitor.visit("run", width=width)
    visitor.until("document.querySelector('#findings h2')")
    names = [
        "The rate is far too large",
        "The loss is stuck",
        "It over-fits",
        "A name that no phone has room for at all",
    ]
    boxes, panel = browser.run(
        """
        const [chart, names] = [Drawn.charts.get("run"), arguments[0]];
        const told = structuredClone(chart.told);
        told.panels[0].marks = names.map((label, at) => ({ kind: "edge", place: 90000 + 300 * at, label, at: null }));
        chart.take(told);
        const { ctx, bbox } = chart.plots[0], boxes = new Map();
        ctx.fillText = (text, x, y) => y < bbox.top && boxes.set(text, [x, x + ctx.measureText(text).width, y]);
        chart.plots[0].redraw();
        const settled = (done) => requestAnimationFrame(() => requestAnimationFrame(done));
        return new Promise(settled).then(() => [[...boxes], bbox]);
        """,
        names,
    )
    assert [any(name.startswith(text.rstrip("…")) for text, _ in boxes) for name in names] == [True] * len(boxes)
    rows: dict[float, list[tuple[float, float]]] = {}
    for _, (first, last, middle) in boxes:
        assert panel["left"] <= first < last <= panel["left"] + panel["width"]
        rows.setdefault(middle, []).append((first, last))
    assert all(before[1] < after[0] for row in rows.values() for before, after in pairwise(sorted(row)))
    assert min(rows) > 0
    assert all(below - above > 12 for above, below in pairwise(sorted(rows)))


def test_a_link_and_a_command_are_copied(visitor: Visitor) -> None:
    browser = visitor.visit("live")
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
    for button, wanted in ((".copy", "ratecraft show tune-live-1"), ("#copy-link", browser.driver.current_url)):
        browser.press(button)
        copied = browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
        assert (copied, browser.text(button)) == (wanted, "Copied")


def test_a_script_in_a_name_does_nothing(visitor: Visitor) -> None:
    browser = visitor.visit("studies/tune-hostile-1")
    assert "owned" not in browser.driver.title.split("·")[-1]
    assert browser.driver.title.endswith("ratecraft")
    assert browser.run("return document.querySelectorAll('main img').length") == 0
    assert browser.complaints() == []


# ---- try


def test_a_schedule_is_typed_and_drawn_without_a_click(visitor: Visitor) -> None:
    browser = visitor.visit("try?steps=200")
    field = browser.find("#schedule")
    field.clear()
    field.send_keys("0.5 * linear(1, 0)")
    visitor.until("document.querySelector('#result pre')?.textContent.includes('0.5 * linear')")
    assert parse_qs(urlsplit(browser.driver.current_url).query)["schedule"] == ["0.5 * linear(1, 0)"]
    assert browser.run("return Drawn.charts.get('try').told.panels[0].lines[0].values[0]") == 0.5
    field.send_keys(" >> (")
    visitor.until("document.querySelector('#result .refusal')")


def test_a_schedule_is_built_from_blocks_by_keyboard_and_back_undoes_it(visitor: Visitor) -> None:
    browser = visitor.visit("try?schedule=&steps=1000")
    for name, wanted in (("warm-up", "warmup(0.1)"), ("cosine", "warmup(0.1) >> cosine(1, 0, 0.4)")):
        browser.type(f"button[value={name}]", ENTER)
        visitor.until(f"document.getElementById('schedule').value === '{wanted}'")
        assert browser.run("return document.activeElement.value") == name
    assert browser.run("return document.querySelectorAll('#result canvas').length") == 1
    browser.driver.back()
    visitor.until("document.getElementById('schedule').value === 'warmup(0.1)'")


def test_without_a_script_the_forms_work_all_the_same(served: Site) -> None:
    answer = made.ask(served, "/en/try?schedule=0.1+*+warmup(0.1)&append=linear&steps=100")
    assert (
        answer.headers["location"]
        == "try?schedule=0.1+%2A+%28warmup%280.1%29+%3E%3E+linear%281%2C+0%2C+0.3%29%29&steps=100"
    )
    assert "2e-3" in made.ask(served, "/en/try/plan?optimizer=adamw&batch_size=1024&steps=10000").text


def test_a_plan_follows_what_is_chosen(visitor: Visitor) -> None:
    browser = visitor.visit("try/plan")
    browser.run("const chosen = document.getElementById('optimizer'); chosen.value = 'sgd';"
                "chosen.dispatchEvent(new Event('input', {bubbles: true}))")  # fmt: skip
    visitor.until("document.querySelector('#result .value')")
    assert browser.text("#result .value") == "1e-2"
    assert parse_qs(urlsplit(browser.driver.current_url).query) == {"optimizer": ["sgd"]}
