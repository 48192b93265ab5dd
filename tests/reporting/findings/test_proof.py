"""Mirrors ratecraft/reporting/findings/proof.py."""

import json
import math
from dataclasses import replace
from typing import get_args

import pytest
from tests.diagnosis.proof.test_proven import finding, row, said

from ratecraft.diagnosis.finding import Shown, Status
from ratecraft.diagnosis.proof.proven import proven
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.findings.proof import shown_text, tried_lines
from ratecraft.reporting.findings.screen import Diagnosed, findings_json, findings_text
from ratecraft.reporting.text.page import Page

TRIED = row(400, as_it_is=1.0, higher=0.5, highest=None)


def diagnosed() -> Diagnosed:
    observed = replace(finding("too-small"), evidence={"share": 0.4, "fall": 0.2, "first": 400, "last": 900})
    return Diagnosed("train.py", ObservedRun({}, "step"), proven(said(observed), TRIED, 1000), tried=tuple(TRIED))


def test_a_finding_tells_what_was_shown_with_its_numbers() -> None:
    text = " ".join(findings_text([diagnosed()], Page()).split())
    assert "Seen in 50 steps: at 3 times the rate the loss came to 0.50" in text
    assert "50% lower" in text


def test_the_table_has_every_arm_with_its_loss_and_an_interval() -> None:
    lines = tried_lines(TRIED, Page(width=100))
    assert lines[0].startswith("Tried from step 400: 50 steps each, 3 times")
    control, higher, highest = lines[2:]
    assert control.split()[:4] == ["as", "it", "is", "0.1"]
    assert "0.5" in higher
    assert "× 0.5" in higher
    assert "blew up 3 of 3" in highest


def test_a_narrow_page_of_plain_letters_holds_it_too() -> None:
    assert all(line.isascii() for line in tried_lines(TRIED, Page(width=60, unicode=False)))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize(("loss", "own"), [(1.0, 2.0), (1.0, None), (None, 1.0), (None, None)])
def test_every_outcome_has_a_sentence(language: str, status: Status, loss: float | None, own: float | None) -> None:
    shown = Shown("higher", 0, 50, loss, own, math.inf, math.inf, math.inf, 3)
    text = shown_text(replace(finding("too-small"), status=status, shown=shown), Page(language))
    assert "{" not in text
    assert "50" in text


def test_json_has_all_that_was_tried_and_no_infinity() -> None:
    plain = json.loads(json.dumps(findings_json([diagnosed()]), allow_nan=False))
    (run,) = plain["runs"]
    assert run["findings"][0]["status"] == "seen"
    assert run["findings"][0]["shown"]["arm"] == "higher"
    assert [each["arm"] for each in run["tried"]] == ["as-it-is", "higher", "highest"]
    assert run["tried"][2]["losses"] == [None, None, None]
