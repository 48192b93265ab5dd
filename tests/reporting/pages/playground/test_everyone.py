"""The playground for everyone: by keyboard, on a phone, in the dark, in both languages, by a screen reader."""

from importlib import util
from pathlib import Path

import pytest
from tests.reporting.pages.playground.driven import DOWN, LANES, RIGHT, TAB, UP, Playground

from ratecraft.translations.catalogue import LANGUAGES

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious(page: Playground, language: str, theme: str) -> None:
    package = util.find_spec("axe_core_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core-python is not installed")
    page.open("schedule=drawn&optimizer=adagrad&show=tuner", language, theme=theme)
    page.wait("!document.getElementById('take').hidden")
    page.window.run("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    page.window.run(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = page.window.driver.execute_async_script("axe.run().then(arguments[0])")
    serious = [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not serious


def test_everything_is_reached_by_the_tab_key_and_seen_to_be(page: Playground) -> None:
    page.open("schedule=drawn&noise=1&show=tuner")
    page.wait("!document.getElementById('take').hidden")
    wanted = page.window.run(
        """
        const able = "a, button, summary, select:enabled, [type=range], [type=number], input:checked, circle[tabindex]";
        const found = [...document.querySelectorAll(able)].filter((each) => each.checkVisibility());
        found.forEach((each, place) => (each.dataset.place = place));
        return found.length;
        """
    )
    reached = []
    for _ in range(wanted):
        page.window.driver.switch_to.active_element.send_keys(TAB)
        script = """
          const on = document.activeElement;
          const seen = on.type === "radio" ? on.nextElementSibling : on;
          return [Number(on.dataset.place), getComputedStyle(seen).outlineStyle];
        """
        place, outline = page.window.run(script)
        assert outline == "solid", place
        reached.append(place)
    assert sorted(reached) == list(range(wanted))


def test_every_control_is_set_by_keys(page: Playground) -> None:
    page.open("noise=1")
    for part in ("schedule", "warmup", "clip", "batch", "noise", "steps", "optimizer", "seed", "problem"):
        before = page.state(part)
        page.type(f"#controls [name={part}]:is(select, [type=number], :checked)", UP if part == "seed" else DOWN)
        assert page.state(part) != before, part
        assert f"{part}={page.state(part)}" in page.fragment().split("&")


def test_a_loss_is_chosen_by_arrows(page: Playground) -> None:
    page.open()
    page.type("input[value=ravine]", RIGHT)
    assert (page.state("problem"), page.fragment()) == ("saddle", "problem=saddle")
    assert page.state("rate") == 0.15


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_it_without_scrolling_sideways(page: Playground, language: str) -> None:
    page.open("schedule=drawn&show=tuner&optimizer=adagrad", language, width=320)
    page.wait("!document.getElementById('take').hidden")
    assert page.window.run("return document.documentElement.scrollWidth") <= 320
    tops = [page.window.find(f"[data-lane={lane}]").rect["y"] for lane in LANES]
    assert tops[1] < tops[0] == tops[2]  # the chosen run first, the others beside each other


def test_what_is_pressed_is_large_enough(page: Playground) -> None:
    page.open(width=320)
    sizes = page.window.run(
        "return [...document.querySelectorAll('main :is(button, select, [type=range], [type=number]), .choices label')]"
        ".filter((each) => each.checkVisibility()).map((each) => each.getBoundingClientRect())"
        ".map((box) => [box.width, box.height])"
    )
    assert min(min(size) for size in sizes) >= 24


def test_forced_colours_keep_the_lines(page: Playground) -> None:
    page.open(forced=True)
    for lane in LANES:
        assert len(page.window.colours(f"[data-lane={lane}]")) > 2, lane


def test_pictures_say_what_they_are(page: Playground) -> None:
    page.open("show=ramp")
    unnamed = page.window.run(
        "const pictures = [...document.querySelectorAll('canvas, [role=img], [role=group]')];"
        "return pictures.filter((each) => !each.ariaLabel).length"
    )
    assert unnamed == 0
