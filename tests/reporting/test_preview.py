"""Mirrors ratecraft/reporting/preview.py and curves.py."""

import csv
import io
import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from ratecraft.reporting.preview import Previewed, preview_csv, preview_json, preview_svg, preview_text
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.analysis import analyse
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.spec import from_json

USUAL = "0.1 * (warmup(500) >> cosine())"
ODD = "0.1 * (warmup(3000) >> constant(1, 4000) >> linear(0.05, 0.01, 2000))"


def _previewed(expression: str, steps: int = 10_000) -> Previewed:
    schedules = parse_set(expression)
    names = sorted(schedules, key=lambda name: name != "rate")
    return Previewed(expression, tuple((name, analyse(schedules[name], steps)) for name in names))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_preview_looks_as_in_the_golden_file(
    language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    text = preview_text([_previewed(USUAL), _previewed(ODD)], Page(language, width))
    assert widest(text) <= width
    golden(f"preview-{language}-{width}", text)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_set_looks_as_in_the_golden_file(language: str, golden: Callable[[str, str], None]) -> None:
    golden(f"preview-set-{language}", preview_text([_previewed("onecycle(hold=0.1)", 100)], Page(language, 80)))


def test_a_preview_in_ascii_looks_as_in_the_golden_file(golden: Callable[[str, str], None]) -> None:
    text = preview_text([_previewed(USUAL), _previewed(ODD)], Page("en", 80, unicode=False))
    assert text.isascii()
    golden("preview-ascii-80", text)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10**9])
def test_a_preview_of_any_length_of_run_can_be_drawn(steps: int, widest: Callable[[str], int]) -> None:
    for expression in ("warmup(0.1) >> cosine()", "linear(1, -1)", "constant(0)", "triangular(0.3)"):
        assert widest(preview_text([_previewed(expression, steps)], Page("en", 60))) <= 60


def test_without_a_picture_only_the_words_are_said() -> None:
    text = preview_text([_previewed(USUAL)], Page(), rows=0)
    assert text.startswith(USUAL)
    assert "⣀" not in text


def test_many_phases_are_not_all_listed() -> None:
    text = preview_text([_previewed("step(0.02, 0.9, 40)")], Page())
    assert "... and 30 more" in text
    assert text.count("constant(") == 11


def test_what_holds_for_a_rate_is_not_said_of_a_momentum() -> None:
    text = preview_text([_previewed("onecycle()", 100)], Page())
    assert "!" not in text


def test_json_holds_the_schedule_the_phases_and_the_remarks() -> None:
    plain = json.loads(json.dumps(preview_json([_previewed(USUAL), _previewed(ODD)]), allow_nan=False))
    assert (plain["schema"], plain["steps"]) == (1, 10_000)
    usual, odd = (each["hyperparameters"]["rate"] for each in plain["schedules"])
    assert repr(from_json(usual["schedule"])) == usual["bound"] == "0.1 * (warmup(500) >> cosine(1, 0, 9500))"
    assert usual["phases"][1] == {
        "expression": "cosine(1, 0, 9500)",
        "first": 500,
        "end": 10_000,
        "from": 0.1,
        "to": pytest.approx(0, abs=1e-8),
    }
    assert [remark["code"] for remark in odd["remarks"]] == ["ends-early", "jump", "long-warm-up"]
    assert odd["remarks"][1]["text"].startswith("At step 7000 it jumps from 1e-1 to 5e-3")


def test_csv_has_every_step_of_every_hyperparameter_with_all_its_digits() -> None:
    rows = list(csv.reader(io.StringIO(preview_csv([_previewed("onecycle()", 50)]))))
    assert rows[0] == ["step", "rate", "momentum"]
    seen = _previewed("onecycle()", 50).surveys
    assert [float(row[1]) for row in rows[1:]] == seen[0][1].schedule.curve(50).tolist()
    assert preview_csv([_previewed("cosine()", 2), _previewed("linear()", 2)]).splitlines()[0] == "step,1:rate,2:rate"


def test_a_picture_is_well_formed_and_escapes_what_was_typed() -> None:
    odd = Previewed('cosine() <script>&"', _previewed("cosine()", 40).surveys)
    tree = ElementTree.fromstring(preview_svg([_previewed(USUAL), odd]))  # noqa: S314
    assert len(tree.findall(".//{http://www.w3.org/2000/svg}polyline")) == 2
    assert "script" not in {element.tag for element in tree.iter()}
