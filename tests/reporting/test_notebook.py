"""Mirrors ratecraft/reporting/notebook.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ratecraft.records.answer import Foreseen, Span
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.reporting.notebook import NotebookScreen, result_html
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES


class Reading(HTMLParser):
    """What a reader sees, and every tag with its attributes; raises AssertionError where tags don't match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said, self.open = "", list[str]()
        self.tags = list[tuple[str, dict[str, str | None]]]()
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data + " "


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_says_in_html_what_the_screen_says(summary: Summary, language: str) -> None:
    said, page = Reading(result_html(summary, language)).said, Page(language=language)
    assert page.words("screen.meaning.gain") in said
    for part in ("rate", "cost", "model", "why"):
        assert page.words(f"screen.label.{part}") in said
    assert summary.expression in said
    assert "LambdaLR" in said


def test_it_needs_no_script_no_style_sheet_and_no_request(summary: Summary) -> None:
    for tag, attributes in Reading(result_html(summary)).tags:
        assert tag not in ("script", "style", "link", "img", "iframe")
        assert not attributes.keys() & {"src", "href", "class", "id", "onclick"}


def test_its_colours_are_those_of_the_notebook(summary: Summary) -> None:
    page = result_html(summary)
    assert "background" not in page
    assert page.replace("color:inherit", "").count("color:") == 0


def test_what_the_user_named_is_text_and_no_markup(summary: Summary) -> None:
    answer = replace(summary.answer, metric=replace(summary.answer.metric, name="<script>alert(1)</script>"))
    page = result_html(replace(summary, answer=answer, path="<b>here</b>", code="rate < 1 & rate > 0"))
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;here" in page
    assert "rate &lt; 1 &amp; rate &gt; 0" in page


def test_a_task_is_called_one(summary: Summary) -> None:
    assert "your task" in result_html(replace(summary, subject="task"))
    assert "your script" in result_html(summary)


def test_without_a_full_run_there_is_no_comparison(summary: Summary) -> None:
    answer = replace(summary.answer, verdict="no-information", rate=None, baseline=None, tuned=None)
    assert "<thead>" not in result_html(replace(summary, answer=answer))


class Shown(list[Mapping[str, str]]):
    """A cell that keeps what was put into it."""

    def __call__(self, content: Mapping[str, str]) -> None:
        self.append(content)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def screen_after(events: Sequence[Event], seconds: float) -> Shown:
    shown, clock = Shown(), Clock()
    screen = NotebookScreen(shown, Page(), None, clock=clock)
    for event in events:
        clock.now += seconds
        screen.hear(event)
    screen.close()
    return shown


def test_steps_are_drawn_now_and_then_and_starts_and_ends_at_once(events: Sequence[Event]) -> None:
    at_once = sum(isinstance(event, Started | Finished) for event in events)
    steps = sum(isinstance(event, Progress) for event in events)
    assert steps
    assert at_once <= len(screen_after(events, 0.0)) <= at_once + 2
    assert len(screen_after(events, 1.0)) == len(events) + 1


def test_the_last_drawing_is_of_the_end(events: Sequence[Event]) -> None:
    last = screen_after(events, 0.0)[-1]
    assert last["text/html"].startswith("<pre")
    assert "<" not in last["text/html"].removeprefix('<pre style="line-height:1.3">').removesuffix("</pre>")
    assert "\x1b" not in last["text/plain"]


def test_what_is_said_stays_above_the_block() -> None:
    shown = Shown()
    screen = NotebookScreen(shown, Page(), None)
    screen.say("8 probes & a run")
    assert shown[-1]["text/plain"].startswith("8 probes & a run\n")
    assert "8 probes &amp; a run" in shown[-1]["text/html"]


def test_what_is_foreseen_of_the_final_run_stays_above_the_block() -> None:
    shown = Shown()
    screen = NotebookScreen(shown, Page(), None)
    job = Job(evaluate=Evaluate("natural", "val_loss"))
    screen.hear(Proposed(job, "final", Foreseen(Span(1.4, 1.3, 1.5), Span(1.3, 1.1, 1.5))))
    assert shown[-1]["text/plain"].startswith("val_loss will end at 1.40 (1.30 to 1.50")
