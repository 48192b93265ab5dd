"""Mirrors ratecraft/reporting/results/foresight.py."""

from dataclasses import replace

import pytest

from ratecraft.records.answer import Answer, Foreseen, RunResult, Span
from ratecraft.records.events import Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.reporting.results.foresight import foresight_text, foretold
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES

FORESEEN = Foreseen(Span(1.28, 1.22, 1.34), Span(1.2, 1.11, 1.3))
JOB = Job(evaluate=Evaluate("natural", "val_loss"))


def test_the_final_run_is_foretold_as_it_is_asked_for() -> None:
    assert (
        foretold(Proposed(JOB, "final", FORESEEN), Page())
        == "val_loss will end at 1.28 (1.22 to 1.34 in 9 of 10 cases); with twice the steps: 1.20"
    )


def test_nothing_is_foretold_of_anything_else() -> None:
    assert foretold(Proposed(JOB, "final"), Page()) is None
    assert foretold(Started(JOB.key, 1), Page()) is None


@pytest.mark.parametrize(("came", "how"), [(1.27, "within"), (1.34, "within"), (1.35, "outside"), (1.21, "outside")])
def test_it_is_held_against_what_the_run_came_to(answer: Answer, came: float, how: str) -> None:
    ended = replace(answer, foreseen=FORESEEN, tuned=RunResult(came, came, 2400, 2400))
    (text,) = foresight_text(ended, Page())
    assert text.endswith(f"1.28 at its end (1.22 to 1.34 in 9 of 10 cases). The result was {came}, {how} that range.")


def test_twice_the_steps_are_told_from_where_the_run_ended(answer: Answer) -> None:
    ended = replace(answer, foreseen=FORESEEN, twice=Span(1.19, 1.15, 1.24))
    assert foresight_text(ended, Page())[-1] == (
        "With twice the steps it would end at about 1.19 (1.15 to 1.24 in 9 of 10 cases)."
    )


def test_of_a_run_that_came_to_nothing_both_are_told_as_they_were_said(answer: Answer) -> None:
    lost = replace(answer, foreseen=FORESEEN, tuned=None)
    first, second = foresight_text(lost, Page())
    assert first.endswith("1.28 at its end (1.22 to 1.34 in 9 of 10 cases).")
    assert "1.20 (1.11 to 1.30" in second


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_without_foresight_says_nothing(answer: Answer, language: str) -> None:
    assert foresight_text(answer, Page(language)) == ()
