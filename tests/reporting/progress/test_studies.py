"""Mirrors ratecraft/reporting/progress/studies.py."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ratecraft.records.events import Event
from ratecraft.reporting.progress.studies import StudyLine, studies_json, studies_text, unfinished_text
from ratecraft.reporting.text.page import Page

STUDIES = (
    StudyLine("tune-train-3f9a12", "finished", "2026-11-24 08:30", "gain", 4.9e-3, "val_loss", 1.412, 1.266, 1.62),
    StudyLine("tune-train-77b0c4", "finished", "2026-11-24 09:12", "no-information", None, "val_acc", 0.912, None, 0.4),
    StudyLine("tune-char_rnn-0a1b2c", "running", "2026-11-24 10:02"),
)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_looks_as_in_the_golden_file(
    language: str, width: int, golden: Callable[[str, str], None], widest: Callable[[str], int]
) -> None:
    text = studies_text(STUDIES, Page(language, width))
    assert widest(text) <= width
    golden(f"studies-{language}-{width}", text)


def test_an_empty_list_says_how_to_begin() -> None:
    assert studies_text((), Page()) == "No studies here yet. Start one with `ratecraft tune SCRIPT`."


def test_the_list_as_json_has_the_same_numbers() -> None:
    plain = json.loads(json.dumps(studies_json(STUDIES)))
    assert plain["schema"] == 1
    assert plain["studies"][0] == {
        "name": "tune-train-3f9a12",
        "state": "finished",
        "when": "2026-11-24 08:30",
        "verdict": "gain",
        "rate": 4.9e-3,
        "metric": "val_loss",
        "before": 1.412,
        "after": 1.266,
        "runs": 1.62,
        "script": "",
        "arguments": [],
        "failure": "",
        "gain": None,
    }


def test_studies_of_one_script_are_told_apart_and_a_failed_one_says_why() -> None:
    given = (("--lr", "1", "--seed", "0"), ("--lr", "2", "--seed", "0"))
    first, second = (replace(STUDIES[0], script="train.py", arguments=each) for each in given)
    lost = replace(second, name="tune-train-9", state="failed", verdict=None, failure="ValueError: no data")
    head, *rows = studies_text((first, lost, STUDIES[2]), Page(width=120)).splitlines()
    assert "arguments" in head
    assert ["--lr 1" in rows[0], "--lr 2" in rows[1], "--seed" in "".join(rows)] == [True, True, False]
    assert rows[-1] == "tune-train-9 failed: ValueError: no data"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_unfinished_study_looks_as_in_the_golden_file(
    events: Sequence[Event], language: str, golden: Callable[[str, str], None]
) -> None:
    name = "tune-train-3f9a12"
    text = unfinished_text(name, f".ratecraft/{name}", events, f"ratecraft resume {name}", Page(language))
    golden(f"unfinished-{language}", text)
