"""The colours of the page: readable in both themes, and the same dark whether chosen or the system's."""

import re
from importlib import resources

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
