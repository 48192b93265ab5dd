"""Mirrors ratecraft/reporting/html/drawing.py: what is drawn, read from where it lies."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from tests.reporting.invented import CHOSEN, LONG, OWN, SHORT, UNTRAINED

from ratecraft.reporting.html.drawing import NARROW, PAGE_INK, WIDE, drawing
from ratecraft.reporting.pictures.picture import Picture, picture_of
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.text.page import Page


@pytest.fixture
def picture(evidence: Evidence) -> Picture:
    found = picture_of(evidence.summary.answer)
    assert found
    return found


class Drawn:
    """A drawing, and its scale read off the lines of the script's own and the chosen rate."""

    def __init__(self, picture: Picture, width: int = WIDE, language: str = "en") -> None:
        self.root = ElementTree.fromstring(drawing(picture, Page(language), "title", width))  # noqa: S314 - our own
        own, chosen = (self.one("line", f"line-{kind}") for kind in ("own", "chosen"))
        self._left, self._right = float(own.attrib["x1"]), float(chosen.attrib["x1"])

    def one(self, tag: str, kind: str) -> ElementTree.Element:
        (found,) = self.all(tag, kind)
        return found

    def all(self, tag: str, kind: str) -> list[ElementTree.Element]:
        return [each for each in self.root.iter(tag) if each.get("data-part", "") == kind]

    def rate(self, x: float) -> float:
        share = (x - self._left) / (self._right - self._left)
        return OWN * (CHOSEN / OWN) ** share

    def curve(self) -> list[tuple[float, float]]:
        path = self.one("path", "foreseen").attrib["d"]
        places = [tuple(map(float, each)) for each in re.findall(r"([\d.]+) ([\d.]+)", path)]
        return [(x, y) for x, y in places]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_chosen_rate_is_drawn_under_the_lowest_point_of_the_full_run(picture: Picture, width: int) -> None:
    drawn = Drawn(picture, width)
    x, _ = max(drawn.curve(), key=lambda place: place[1])
    assert drawn.rate(x) == pytest.approx(CHOSEN, rel=0.01)


def test_within_the_drawn_interval_the_curve_is_never_worse_than_its_tolerance(picture: Picture) -> None:
    drawn, bar = Drawn(picture), Drawn(picture).one("line", "interval")
    low, high = float(bar.attrib["x1"]), float(bar.attrib["x2"])
    assert [drawn.rate(low), drawn.rate(high)] == pytest.approx(picture.interval, rel=0.01)
    floor = max(y for _, y in drawn.curve())
    depth = floor - float(drawn.one("g", "full own")[1].attrib["y"]) - 4.5
    own = picture.full[0].dot.missed or 0
    deepest = max(floor - y for x, y in drawn.curve() if low <= x <= high)
    assert deepest <= depth * math.sqrt((picture.tolerance or 0) / own) + 0.5


def test_every_probe_is_drawn_at_its_rate(picture: Picture, evidence: Evidence) -> None:
    drawn = Drawn(picture)
    for kind, stop in (("probe early", SHORT), ("probe late", LONG)):
        probes = [each for each in evidence.summary.answer.probes if each.stop == stop]
        scored = sorted(each.rate for each in probes if (each.score or 9) < UNTRAINED)
        circles = [each[1] for each in drawn.all("g", kind) if each[1].tag == "circle"]
        assert [drawn.rate(float(each.attrib["cx"])) for each in circles] == pytest.approx(scored, rel=0.02)


def test_a_run_that_contradicts_the_curve_is_drawn_where_it_lies(picture: Picture) -> None:
    own, tuned = picture.full
    worse = (replace(own, dot=replace(own.dot, missed=0.0)), replace(tuned, dot=replace(tuned.dot, missed=0.2)))
    drawn = Drawn(replace(picture, full=worse, is_contradicted=True))
    places = [float(drawn.one("g", kind)[1].attrib["y"]) for kind in ("full own", "full chosen")]
    assert places[1] < places[0] - 40
    assert drawn.curve() == Drawn(picture).curve()


@pytest.mark.parametrize("own", [CHOSEN / 1.1, CHOSEN * 1.1])
def test_the_line_of_one_rate_crosses_the_name_of_no_other(picture: Picture, own: float) -> None:
    drawn = Drawn(replace(picture, own=own))
    for kind, words in (("own", "yours"), ("chosen", "chosen")):
        (other,) = {"own", "chosen"} - {kind}
        (name,) = [each for each in drawn.root.iter("text") if (each.text or "").startswith(words)]
        line = float(drawn.one("line", f"line-{other}").attrib["x1"])
        is_left = float(drawn.one("line", f"line-{kind}").attrib["x1"]) < line
        assert name.attrib["text-anchor"] == ("end" if is_left else "start")
        assert (float(name.attrib["x"]) < line) is is_left


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_words_leave_the_drawing(picture: Picture, language: str, width: int) -> None:
    for each in Drawn(picture, width, language).root.iter("text"):
        room = {"start": width - float(each.attrib["x"]), "end": float(each.attrib["x"])}
        anchor = each.attrib["text-anchor"]
        if anchor in room:
            wide = sum(12 if ord(letter) > 0x2E7F else 6 for letter in each.text or "")
            assert wide <= room[anchor] + 1, each.text


def test_colours_are_those_of_the_page(picture: Picture) -> None:
    text = drawing(picture, Page(), "title")
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', text)) <= {*PAGE_INK.values(), "none"}
