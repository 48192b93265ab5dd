"""Mirrors ratecraft/reporting/html/card.py, stats.py and painting.py."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ratecraft.reporting.html.card import INK, card
from ratecraft.reporting.html.painting import png_of
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page

SVG = "{http://www.w3.org/2000/svg}"


def lines(drawn: str) -> list[str]:
    """The words that stand above the picture."""
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    return [each.text or "" for each in root if each.tag == f"{SVG}text"]


def test_a_card_is_the_picture_under_five_lines(evidence: Evidence) -> None:
    drawn = card(evidence.summary, Page())
    assert lines(drawn)[0].startswith("Gain: val_loss 0.0900 instead of 0.164")
    assert lines(drawn)[-3:] == [
        "learning rate: 1.2e-2 (as good: 6e-3 to 2.6e-2)",
        "compared with your own: 12 times larger (which was 1e-3)",
        "total cost: 3.59 runs (1 min 5 s)",
    ]
    assert 'data-part="foreseen"' in drawn


def test_a_rate_that_was_only_tried_is_not_called_the_learning_rate(evidence: Evidence) -> None:
    kept = replace(evidence.summary, answer=replace(evidence.summary.answer, verdict="no-gain"))
    drawn = card(kept, Page())
    assert lines(drawn)[0] == "No gain: keep your rate, 1e-3."
    assert "rate that was tried: 1.2e-2 (as good: 6e-3 to 2.6e-2)" in lines(drawn)
    assert ">tried 1.2e-2<" in drawn
    assert "chosen 1.2e-2" not in drawn


def test_without_a_common_scale_the_lines_stand_alone(evidence: Evidence) -> None:
    told = replace(evidence.summary, answer=replace(evidence.summary.answer, decisions=()))
    assert "data-part" not in card(told, Page())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_card_brings_its_own_colours_and_loads_nothing(evidence: Evidence, language: str) -> None:
    drawn = card(evidence.summary, Page(language))
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn)) <= {*INK.values(), "none"}
    assert re.findall(r"https?://[^\"]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|<style|<script", drawn)


def test_a_png_has_the_chosen_rate_where_the_drawing_has_it(evidence: Evidence) -> None:
    image = pytest.importorskip("PIL.Image")
    drawn = card(evidence.summary, Page())
    width, height = (int(each) for each in re.findall(r' (?:width|height)="(\d+)"', drawn)[:2])
    shown = image.open(io.BytesIO(png_of(drawn))).convert("RGB")
    assert shown.size == (2 * width, 2 * height)
    (mark,) = re.findall(r"<line [^>]*line-chosen[^>]*>", drawn)
    x, y = (float(re.findall(rf'{name}="([\d.]+)"', mark)[0]) for name in ("x1", "y1"))
    left, down = map(float, re.findall(r"translate\(([\d.]+) ([\d.]+)\)", drawn)[0])
    place = (round(2 * (left + x)), round(2 * (down + y + 20)))
    red, green, blue = shown.getpixel(place)
    assert max(abs(red - 0x00), abs(green - 0x77), abs(blue - 0x5A)) < 24
