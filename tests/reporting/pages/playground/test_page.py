"""The playground as a reader uses it: what is seen, moved, drawn, found, and shared by its address."""

from typing import Any

import pytest
from tests.reporting.pages.playground.driven import END, LANES, LEFT, RIGHT, UP, Playground

from ratecraft.translations.catalogue import sentence

# ---- what a beginner sees


def test_it_runs_when_it_is_opened_and_asks_nothing_of_the_network(page: Playground) -> None:
    page.open(calm=False)
    assert page.window.run("return Playground.page.isPlaying()")
    page.wait("Playground.page.stage.cursor() > 5")
    assert all(url.startswith(("file://", "data:")) for url in page.window.requests() if url != "about:blank")


def test_the_three_runs_are_too_small_right_and_too_large(page: Playground) -> None:
    page.open()
    assert page.words() == ["Crawling", "Converged", "Diverging"]
    reasons = [page.window.text(f"[data-lane={lane}] .why") for lane in ("low", "high")]
    assert reasons == [sentence("finding.too-small.title"), sentence("finding.diverged.title")]


def test_moving_the_slider_changes_the_runs_at_once(page: Playground) -> None:
    page.open()
    page.type("#rate", RIGHT * 12)
    assert page.window.text("#rate-text") == "0.14"
    assert page.words() == ["Crawling", "Diverging", "Diverging"]
    page.type("#rate", LEFT * 80)
    assert page.words()[1] == "Crawling"


def test_a_run_is_played_and_held_and_stepped(page: Playground) -> None:
    page.open(calm=False)
    page.press("#play")
    held = page.window.text("#progress")
    page.press("#step")
    stepped = page.window.text("#progress")
    numbers = [int(text.split()[1]) for text in (held, stepped)]
    assert numbers[1] == numbers[0] + 1
    page.press("#end")
    page.wait("!Playground.page.isPlaying()")
    assert page.window.text("#progress") == "step 100 of 100"
    assert page.window.text("#play") == "Play again"
    page.wait("document.getElementById('told').textContent.includes('Diverging')")
    page.press("#restart")
    assert page.window.text("#progress") == "step 0 of 100"


def test_who_wants_nothing_to_move_sees_the_whole_run_at_once(page: Playground) -> None:
    page.open()
    assert not page.window.run("return Playground.page.isPlaying()")
    assert page.window.text("#progress") == "step 100 of 100"
    page.open("problem=digits")
    assert page.window.text("#progress") == "step 0 of 300"
    page.press("#step")
    assert page.window.text("#progress") == "step 6 of 300"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_run_is_drawn_in_its_colour(page: Playground, theme: str) -> None:
    page.open(theme=theme)
    for lane in LANES:
        colour = page.window.run(f"return getComputedStyle(document.documentElement).getPropertyValue('--{lane}')")
        assert page.window.colours(f"[data-lane={lane}]").get(colour.strip(), 0) > 100, lane


def test_pictures_follow_the_theme_and_the_width(page: Playground) -> None:
    page.open()
    paper = "#14161a"
    assert paper not in page.window.colours("[data-lane=low]")
    page.press("#theme")
    page.press("#theme")
    assert page.window.run("return document.documentElement.dataset.theme") == "dark"
    assert paper in page.window.colours("[data-lane=high]")
    page.press("#theme")
    page.window.emulate(width=500)
    page.window.settle()
    page.window.settle()
    sizes = "const picture = document.querySelector('.picture'); return [picture.width, picture.clientWidth]"
    drawn, shown = page.window.run(sizes)
    assert drawn == shown


def test_the_net_learns_to_read(page: Playground) -> None:
    page.open("problem=digits&steps=200", calm=False)
    page.press("#end")
    page.wait("!Playground.page.isPlaying()")
    shares = [int(page.window.text(f"[data-lane={lane}] .score").split()[0].split(".")[0]) for lane in LANES]
    assert shares[1] > 85 > 60 > shares[0]
    assert shares[2] < 30
    assert page.words()[2] == "Collapsed"


def test_the_net_comes_to_the_same_by_steps_and_at_once(page: Playground) -> None:
    def told() -> str:
        page.window.run("document.querySelector('details').open = true")
        return page.window.text("#numbers tbody")

    page.open("problem=digits&steps=50&seed=3")
    page.press("#end")
    page.wait("!Playground.page.isPlaying()")
    at_once = told()
    page.press("#restart")
    page.window.run("for (let step = 0; step < 50; step += 1) document.getElementById('step').click()")
    assert page.window.text("#progress") == "step 50 of 50"
    assert (told(), len(at_once) > 50) == (at_once, True)


def test_a_finger_draws_only_into_what_is_drawn_by_hand(page: Playground) -> None:
    touch = """
      const drawing = document.getElementById("rates");
      const box = drawing.getBoundingClientRect();
      const middle = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
      const at = { pointerId: 1, pointerType: "touch", ...middle };
      drawing.setPointerCapture = () => {};
      for (const name of ["pointerdown", "pointerup"]) drawing.dispatchEvent(new PointerEvent(name, at));
    """
    page.open()
    page.window.run(touch)
    assert page.state("schedule") == "constant"
    page.choose("schedule", "drawn")
    page.window.run(touch)
    assert min(page.state("drawn")) < 1


def test_what_is_dying_in_adagrad_is_drawn_and_said(page: Playground) -> None:
    page.open("optimizer=adagrad")
    assert page.window.find("#rates .reach").get_attribute("points").count(",") == 100
    assert "of the first step" in page.window.text("#reach")
    page.open()
    assert page.window.text("#reach") == ""


# ---- schedules


def test_every_schedule_is_drawn_and_has_a_command(page: Playground) -> None:
    page.open("warmup=10&steps=60")
    for schedule in ("step", "exponential", "cosine", "cyclical", "onecycle", "plateau", "drawn", "constant"):
        page.choose("schedule", schedule)
        assert page.state("schedule") == schedule
        assert page.window.find("#rates .rate").get_attribute("points").count(",") == 60
        assert page.window.text("#expression").startswith('ratecraft preview "')


def test_a_schedule_is_drawn_by_keys(page: Playground) -> None:
    page.open("schedule=cosine")
    page.choose("schedule", "drawn")
    assert page.state("drawn") == [1, 0.96, 0.85, 0.68, 0.5, 0.3, 0.15, 0.04, 0]  # as what it replaces
    assert len(page.window.driver.find_elements("css selector", "#rates [role=slider]")) == 9
    handle = "#rates [role=slider]:nth-last-child(1)"
    assert page.window.find(handle).get_attribute("aria-label") == "Rate after 100 % of the run"
    page.type(handle, UP * 4)
    assert page.state("drawn")[-1] == 0.2
    assert page.window.find(handle).get_attribute("aria-valuetext") == "20 %"
    page.type(handle, END)
    assert page.fragment().endswith("drawn=100-96-85-68-50-30-15-4-100")


def test_a_schedule_is_drawn_by_pointer(page: Playground) -> None:
    from selenium.webdriver.common.actions.action_builder import ActionBuilder

    page.open()
    page.window.run("document.getElementById('rates').scrollIntoView({block: 'center'})")
    box = page.window.run("return document.getElementById('rates').getBoundingClientRect()")
    moves = ActionBuilder(page.window.driver)
    places = [(int(box["x"] + box["width"] * across), int(box["y"] + box["height"] / 2)) for across in (0.3, 0.5, 0.7)]
    moves.pointer_action.move_to_location(*places[0]).pointer_down()
    for place in places[1:]:
        moves.pointer_action.move_to_location(*place)
    moves.pointer_action.pointer_up()
    moves.perform()
    page.window.settle()
    drawn = page.state("drawn")
    assert page.state("schedule") == "drawn"
    assert (drawn[0], drawn[-1]) == (1, 1)
    assert max(drawn[2:6]) < 0.9


# ---- finding a rate


def test_the_range_test_ends_at_an_edge(page: Playground) -> None:
    page.open()
    page.press("#ramp")
    page.wait("document.getElementById('ended').textContent !== ''")
    assert "four octaves lower" in page.window.text("#ended")
    assert not page.window.find("#take").is_displayed()
    assert page.fragment() == "show=ramp"


def test_the_tuner_s_choice_can_be_used(page: Playground) -> None:
    page.open("rate=0.002")
    page.press("#tuner")
    page.wait("!document.getElementById('take').hidden")
    assert len(page.window.driver.find_elements("css selector", "#tried li")) == 6
    page.press("#take")
    assert 0.01 < page.state("rate") < 0.08
    assert page.fragment() == f"rate={page.state('rate')}"
    assert page.window.run("return document.activeElement.id") == "rate"


# ---- the address


WHOLE = (
    "problem=surface&optimizer=momentum&rate=0.05&noise=1&batch=4&schedule=drawn&warmup=5"
    "&drawn=10-100-100-80-60-40-20-10-0&clip=0.5&steps=200&seed=7"
)


def test_the_address_restores_everything(page: Playground) -> None:
    page.open(WHOLE)
    assert page.window.run("return Playground.address.write(Playground.page.state())") == WHOLE
    shown = "return [...new FormData(document.forms.controls)].map(([name, value]) => `${name}=${value}`)"
    elsewhere = {each for each in WHOLE.split("&") if each.startswith(("rate=", "drawn="))}
    assert set(page.window.run(shown)) == {*WHOLE.split("&")} - elsewhere
    assert page.window.text("#rate-text") == "5e-2"


def test_an_address_that_says_nonsense_is_taken_as_usual(page: Playground) -> None:
    page.open("problem=toString&rate=1e9")
    read = """
      const { page, address } = Playground;
      return address.write(arguments.length ? address.read(arguments[0]) : page.state());
    """
    assert page.window.run(read) == ""
    for nonsense in (
        "rate=x&steps=-3&seed=1.5",
        "drawn=1-2&__proto__=1",
        "%E0%A4%A",
        "a&&=&=",
        "rate=&noise= ",
        "rate=NaN",
    ):
        assert page.window.run(read, f"#{nonsense}") == "", nonsense


def test_back_goes_to_what_was_before(page: Playground) -> None:
    page.open()
    page.choose("optimizer", "adam")
    page.type("#rate", RIGHT * 3)
    assert page.fragment().startswith("optimizer=adam&rate=")
    page.window.driver.back()
    page.window.settle()
    assert page.fragment() == "optimizer=adam"
    page.window.driver.back()
    page.window.settle()
    assert (page.fragment(), page.state("optimizer")) == ("", "sgd")


def test_the_same_address_is_the_same_run(page: Playground) -> None:
    def losses() -> Any:
        page.open("problem=bumpy&noise=2&batch=1&seed=5")
        page.window.run("document.querySelector('details').open = true")
        return page.window.run("return document.getElementById('numbers').textContent")

    first = losses()
    assert first == losses()
    assert len(first) > 200


def test_the_link_is_copied(page: Playground) -> None:
    page.open("problem=saddle")
    page.choose("clip", "1")
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.window.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
    page.press("#link")
    page.wait("document.getElementById('link').textContent === 'Copied'")
    copied = page.window.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == page.window.run("return location.href")
    assert copied.endswith("#problem=saddle&clip=1")


def test_the_other_language_keeps_the_state(page: Playground) -> None:
    page.open("problem=saddle&rate=0.3")
    page.press(".switches a[hreflang=ja]")
    assert page.fragment() == "problem=saddle&rate=0.3"
    assert page.window.run("return document.documentElement.lang") == "ja"
    assert page.state("problem") == "saddle"
