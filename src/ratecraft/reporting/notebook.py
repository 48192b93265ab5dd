"""A study in a notebook: progress that updates in its cell, and a finished study as a small table.

Path:   events -> the block of `view` in one display; `Summary` -> HTML without a script, a style sheet or a request.

Colours follow the notebook, light or dark: text inherits its colour, and lines are half transparent.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TypeAlias

from ratecraft.records.events import Event, Finished, Started
from ratecraft.reporting.html.drawing import WIDE, drawing
from ratecraft.reporting.pictures.picture import picture_of
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.meter import Clock, Meter
from ratecraft.reporting.progress.view import view_lines
from ratecraft.reporting.results.foresight import foretold
from ratecraft.reporting.results.screen import comparison, result_parts
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.page import Page
from ratecraft.reporting.verdict import verdict_text
from ratecraft.translations.rewording import commented

Show: TypeAlias = Callable[[Mapping[str, str]], None]
"""Puts content by MIME type into the cell, replacing the former content."""

_SECONDS = 0.5  # seconds between two drawings: nobody reads faster, and each one is sent to the browser
_WIDE = 10_000  # lines are never broken: the browser does that
_BORDER = "border:0;border-bottom:1px solid rgba(128,128,128,.35)"
_LINE = f"{_BORDER};padding:.15em .8em .15em 0;vertical-align:top;white-space:pre-wrap;"
_TABLE = "border-collapse:collapse;color:inherit;margin:0 0 .8em 0"
_LEFT, _RIGHT = f"{_LINE}text-align:left;", f"{_LINE}text-align:right;"
# Colours that are legible on white and on black; the browser sets the width.
_INK = {
    "paper": "none",
    "ink": "currentColor",
    "muted": "currentColor",
    "rule": "rgba(128,128,128,.35)",
    "early": "#858e99",
    "late": "#2f8fd0",
    "chosen": "#199a74",
    "own": "#858e99",
    "high": "#d9622b",
}
_FOLDED = ("why", "groups")


class NotebookScreen:
    """One display that is updated; after the end of the study it keeps the last block.

    Args:
        show: Takes what is displayed.
        page: Language; drawn without colour.
        plan: The estimate by the length of a run; None if nothing is planned.
        past: Events of the record, folded into the view but not reported again.
        clock: Seconds.
    """

    def __init__(
        self,
        show: Show,
        page: Page,
        plan: Planner | None,
        past: Iterable[Event] = (),
        clock: Clock = time.monotonic,
    ) -> None:
        self._show, self._page, self._clock = show, page, clock
        self._meter = Meter(plan, past, clock)
        self._said: list[str] = []
        self._drawn: float | None = None

    def hear(self, event: Event) -> None:
        """Fold the event into the view; beginnings and ends are drawn at once, steps now and then."""
        self._meter.hear(event)
        if ahead := foretold(event, self._page):
            self.say(ahead)
        now = self._clock()
        if self._drawn is None or isinstance(event, Started | Finished) or now - self._drawn >= _SECONDS:
            self._draw()
            self._drawn = now

    def say(self, line: str) -> None:
        """A line above the block."""
        self._said = [*self._said, line][-8:]
        self._draw()

    def close(self) -> None:
        """Draw the last state."""
        self._draw(is_over=True)

    def _draw(self, *, is_over: bool = False) -> None:
        left = None if is_over else self._meter.seconds_left()
        text = "\n".join([*self._said, *view_lines(self._meter.view, self._page, left)])
        self._show({"text/plain": text, "text/html": f'<pre style="line-height:1.3">{escape(text)}</pre>'})


def result_html(summary: Summary, language: str = "en") -> str:
    """A finished study as self-contained HTML: the verdict, its reasons, the cost.

    Args:
        summary: The finished study.
        language: Code of a language, e.g. `ja`.
    """
    page = Page(language=language, width=_WIDE)
    head, meaning = verdict_text(summary.answer, page)
    body = [f"<p><strong>{escape(head)}</strong><br>{escape(meaning)}</p>", _compared(comparison(summary, page))]
    picture = picture_of(summary.answer)
    body += [drawing(picture, page, head, WIDE, _INK)] if picture else []
    rows = [_part(label, lines) for name, label, lines in result_parts(summary, page) if name not in _FOLDED]
    body.append(f'<table style="{_TABLE}">{"".join(rows)}</table>')
    body += [_folded(label, lines) for name, label, lines in result_parts(summary, page) if name in _FOLDED]
    if summary.code:
        lines = commented(summary.code, language).rstrip().splitlines()
        body.append(_folded(page.words("screen.code.title"), lines, code=True))
    return f'<div lang="{language}" style="max-width:60em">{"".join(body)}</div>'


def _compared(rows: list[list[str]]) -> str:
    """The comparison as a table with a head."""
    if not rows:
        return ""
    head, *rest = rows
    first = "".join(f'<th style="{_RIGHT if at else _LEFT}">{escape(cell)}</th>' for at, cell in enumerate(head))
    lines = "".join(f"<tr>{_cells(row)}</tr>" for row in rest)
    return f'<table style="{_TABLE}"><thead><tr>{first}</tr></thead><tbody>{lines}</tbody></table>'


def _cells(row: list[str]) -> str:
    name, *values = row
    return f'<th style="{_LEFT}font-weight:normal">{escape(name)}</th>' + "".join(
        f'<td style="{_RIGHT}">{escape(value)}</td>' for value in values
    )


def _part(label: str, lines: Iterable[str]) -> str:
    said = "<br>".join(escape(line.strip()) for line in lines)
    return f'<tr><th style="{_LEFT}">{escape(label)}</th><td style="{_LEFT}">{said}</td></tr>'


def _folded(label: str, lines: Iterable[str], *, code: bool = False) -> str:
    """A part that opens on a click."""
    said = "\n".join(map(escape, lines)) if code else "<br>".join(escape(line.strip()) for line in lines)
    inside = f"<pre>{said}</pre>" if code else f"<p>{said}</p>"
    return f"<details><summary>{escape(label)}</summary>{inside}</details>"
