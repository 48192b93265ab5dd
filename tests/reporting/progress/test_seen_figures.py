"""Mirrors ratecraft/reporting/progress/seen_figures.py."""

import pytest

from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Figure, Outcome
from ratecraft.reporting.progress.seen_figures import SeenFigures
from ratecraft.reporting.text.page import Page

BASELINE = Job(evaluate=Evaluate("natural"))


def said(*figures: Figure, ending: Ending = Ending.DONE) -> list[str]:
    seen = SeenFigures(Page())
    done = Finished(Outcome(BASELINE.key, ending, steps=100, figures=figures), attempt=1)
    events = (Proposed(BASELINE, "baseline"), done, done)
    return [line for event in events for line in seen.lines(event)]


def test_after_the_first_run_it_is_said_once_what_is_compared_and_what_to_type_for_another() -> None:
    lines = said(Figure(100, "val_loss", 0.5), Figure(100, "val_acc", 0.9), Figure(100, "score", 0.9, "evaluated"))
    assert lines == [
        "Runs are compared by val_loss: among the figures of an evaluation, the loss comes first.",
        "Other figures: val_acc, score. To compare by another one: --metric val_acc",
    ]


def test_where_there_is_none_it_is_said_how_to_get_better_than_a_training_loss() -> None:
    (line,) = said()
    assert "print `val_loss: …`, call ratecraft.log(val_loss=…), or name a figure that it prints" in line


@pytest.mark.parametrize(
    ("figure", "ending"),
    [(Figure(100, "score", 0.9, "evaluated"), Ending.DONE), (Figure(100, "val_loss", 0.9), Ending.BLOWN_UP)],
)
def test_nothing_is_said_where_the_study_asks_or_the_run_blew_up(figure: Figure, ending: Ending) -> None:
    assert said(figure, ending=ending) == []
