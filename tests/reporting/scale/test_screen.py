"""Mirrors ratecraft/reporting/scale/screen.py, scale_plot.py, html/scale.py and html/scale_drawing.py."""

import json

import pytest

from ratecraft.controllers.scale.answer import Scaled, SizeTried, known_axes, scaled
from ratecraft.controllers.scale.settings import ScaleAxis, ScaleSettings
from ratecraft.records.metrics import Metric
from ratecraft.records.program import Program
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.scale import scale_report
from ratecraft.reporting.scale.screen import ScalePrice, price_text, scale_json, scale_text
from ratecraft.reporting.text.page import Page, cells
from ratecraft.translations.catalogue import LANGUAGES

PROGRAM = Program("train.py", ("--width", "1024"))
LOSS = Metric("val_loss", "min")


def found_at(target: float, octaves: tuple[int, ...] = (0, -1, -2)) -> Scaled:
    settings = ScaleSettings(axes=(ScaleAxis("--width", (64, 128, 256), target),))
    tried = [
        SizeTried((size,), LOSS, {each: 1 + 0.3 * (each - best) ** 2 for each in (best - 1, best, best + 1)}, runs=4)
        for size, best in zip((64.0, 128.0, 256.0), octaves, strict=True)
    ]
    return scaled(known_axes(settings, "square-root"), 8e-3, tried)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [60, 100])
def test_a_screen_keeps_to_its_width_and_says_rate_law_and_next_command(language: str, width: int) -> None:
    text = scale_text(found_at(1024), PROGRAM, Page(language, width))
    assert "--width^-0." in text
    assert "tune train.py --rate 7" in text
    assert "arXiv2203.03466" in "".join(text.split())
    assert max(map(cells, text.splitlines()[:-1])) <= width  # a command is never broken


def test_a_page_without_unicode_gets_none() -> None:
    assert scale_text(found_at(1024), PROGRAM, Page(unicode=False)).isascii()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (found_at(1e6), "3.6 decades beyond"),
        (found_at(1024, (0, 4, 0)), "do not follow a single power law"),
    ],
)
def test_where_there_is_no_law_no_rate_is_told_but_the_reason(found: Scaled, reason: str) -> None:
    text = scale_text(found, PROGRAM, Page(width=100))
    plain = scale_json(found, PROGRAM)
    assert text.startswith("No law")
    assert reason in text.replace("\n", " ")
    assert (plain["rate"], plain["interval"], plain["axes"][0]["exponent"]) == (None, None, None)
    assert reason in plain["no_law"]["text"]


def test_json_has_the_law_its_prior_and_every_run() -> None:
    plain = json.loads(json.dumps(scale_json(found_at(1024), PROGRAM)))
    assert plain["interval"][0] < plain["rate"] < plain["interval"][1]
    assert plain["axes"][0]["prior"] == {
        "exponent": -0.5,
        "sd": 0.5,
        "source": "Yang et al. 2022, arXiv 2203.03466",
    }
    assert [len(each["trials"]) for each in plain["points"]] == [3, 3, 3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_draws_every_size_the_law_and_the_target_and_says_what_the_screen_says(language: str) -> None:
    report = scale_report(found_at(1024), PROGRAM, language)
    whole = document(report)
    assert report.verdict.replace(" ", "") in "".join(scale_text(found_at(1024), PROGRAM, Page(language, 500)).split())
    wide, narrow = 1, 1
    assert whole.count('data-part="size"') == 3 * (wide + narrow)
    assert whole.count('data-part="target"') == whole.count('data-part="band"') == wide + narrow
    assert "--rate 7" in whole


def test_a_page_without_a_law_draws_the_small_runs_alone() -> None:
    whole = document(scale_report(found_at(1024, (0, 4, 0)), PROGRAM))
    assert "do not follow a single power law" in whole
    assert 'data-part="size"' in whole
    assert 'data-part="law"' not in whole


def test_the_price_counts_runs_and_what_they_are_worth() -> None:
    price = ScalePrice({"--width 64": 6, "--width 128": 5}, 0.125)
    assert price_text(price, Page()).startswith("11 full runs of 2 small sizes, about 0.125 of a run of the target")
