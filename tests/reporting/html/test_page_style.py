"""The colours of the page: readable in both themes, and the same dark whether chosen or the system's."""

import re
from importlib import resources
from itertools import combinations

import pytest

STYLE = resources.files("ratecraft.reporting.html").joinpath("assets", "page.css").read_text(encoding="utf-8")
LIGHT, CHOSEN_DARK, SYSTEM_DARK = (
    dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r"color-scheme: \w+;\n([^}]*)}", STYLE)
)
TEXT = ("ink", "muted", "chosen", "high")
LINES = ("low", "chosen", "high", "own", "constant", "early", "late", "fit", "edge", "strong")


def luminance(colour: str) -> float:
    """Source: Web Content Accessibility Guidelines 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, CHOSEN_DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_the_paper(theme: dict[str, str]) -> None:
    for background in ("paper", "raised"):
        assert {name for name in TEXT if contrast(theme[name], theme[background]) < 4.5} == set()
    assert {name for name in LINES if contrast(theme[name], theme["paper"]) < 3} == set()


def test_dark_is_the_same_chosen_or_by_the_system() -> None:
    assert CHOSEN_DARK == SYSTEM_DARK
    assert LIGHT.keys() == CHOSEN_DARK.keys()


# Rows: red, green and blue as seen. Source: Viénot, Brettel & Mollon 1999, "Digital video colourmaps for checking the
# legibility of displays by dichromats", in linear sRGB.
SEEN_BY = {
    "protanope": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranope": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def seen(colour: str, reader: str) -> tuple[float, float, float]:
    """The colour as such a reader sees it, in CIE L*a*b*."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    red, green, blue = (sum(a * b for a, b in zip(row, linear, strict=True)) for row in SEEN_BY[reader])
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("reader", SEEN_BY)
@pytest.mark.parametrize("theme", [LIGHT, CHOSEN_DARK], ids=["light", "dark"])
def test_too_low_right_and_too_high_differ_for_colour_blind_readers(theme: dict[str, str], reader: str) -> None:
    colours = {name: seen(theme[name], reader) for name in ("low", "chosen", "high")}
    gaps = {
        pair: sum((a - b) ** 2 for a, b in zip(*(colours[name] for name in pair), strict=True)) ** 0.5
        for pair in combinations(colours, 2)
    }
    assert {pair: gap for pair, gap in gaps.items() if gap < 20} == {}  # 2 can just be told apart side by side


def test_a_state_has_one_colour_wherever_it_is_shown() -> None:
    """Lost is drawn as too high, in charts, lists and the playground alike; each has a sign or a word beside it."""
    site = resources.files("ratecraft.reporting.pages").joinpath("assets")
    listed = site.joinpath("studies.css").read_text(encoding="utf-8")
    played = site.joinpath("playground", "playground.css").read_text(encoding="utf-8")
    for theme in (LIGHT, CHOSEN_DARK):
        assert theme["edge"] == theme["high"]
    assert re.search(r"\.dead { color: var\(--high\)", listed)
    assert re.search(r"\.alive { color: var\(--chosen\)", listed)
    states = dict(re.findall(r'\[data-verdict="(\w+)"\] \.verdict { color: var\(--(\w+)\)', played))
    assert states == {"collapsed": "high", "arrived": "chosen", "stuck": "low"}
