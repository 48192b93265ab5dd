"""The trials of a search: as a table, as lines of the end screen, and in `--json`.

Path:   `Answer` -> rows of text, plain values. It computes only differences of the figures shown.
"""

from typing import Any

from ratecraft.records.answer import Answer
from ratecraft.records.trials import Tried
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.numbers import count_text, number_text, numbers_text, value_text
from ratecraft.reporting.text.page import Page, cells, table, wrap

_SHOWN = 10
_GAP = 2
_ALWAYS = 2  # the number of a trial and its score
_LEAST = 12  # cells of a shortened expression


def trials_lines(summary: Summary, page: Page, room: int) -> list[str]:
    """The best trials, and how many more there are; empty for a study without trials."""
    search = summary.answer.search
    if search is None:
        return []
    rows = trial_rows(summary.answer, page)[: _SHOWN + 1]
    head, *body = _fitting(rows, room, page)
    lines = [page.paint(head, "faint"), *body]
    left = len(search.trials) - _SHOWN
    if left > 0:
        lines += wrap(page.words("screen.trials.more", count=count_text(left)), room)
    return lines


def _fitting(rows: list[list[str]], room: int, page: Page) -> tuple[str, ...]:
    """The rows as a table of that width: columns that are the same in all rows go first, then ends of long expressions.

    A column in which two trials differ is never left out altogether, since identical rows say nothing.
    """
    columns = list(zip(*rows, strict=True))
    telling = [column for at, column in enumerate(columns) if at < _ALWAYS or len(set(column[1:])) > 1]
    if len(telling) == _ALWAYS:
        telling = columns[: _ALWAYS + 1]
    for chosen in (columns, telling):
        lines = table(list(zip(*chosen, strict=True)), gap=_GAP, text_columns=())
        if max(map(cells, lines)) <= room:
            return lines
    longest = max(telling, key=lambda column: max(map(cells, column)))
    others = sum(max(map(cells, column)) + _GAP for column in telling if column is not longest)
    cut = tuple(_cut(cell, max(_LEAST, room - others), page) for cell in longest)
    shorter = [cut if column is longest else column for column in telling]
    widths = range(len(shorter), _ALWAYS, -1)  # if even that is too wide, the last columns go
    layouts = [table(list(zip(*shorter[:count], strict=True)), gap=_GAP, text_columns=()) for count in widths]
    return next((layout for layout in layouts if max(map(cells, layout)) <= room), layouts[-1])


def _cut(text: str, room: int, page: Page) -> str:
    more = page.spell("…")
    return text if cells(text) <= room else text[: room - cells(more)] + more


def trial_rows(answer: Answer, page: Page) -> list[list[str]]:
    """Every trial, the best first: its rank, its score with the spread over seeds, its values, and how it went.

    Returns:
        Rows of cells, the first with the heads. A trial without a score shows how it ended instead.
    """
    search = answer.search
    if search is None:
        return []
    heads = [page.words("screen.trials.number"), answer.metric.name, *(axis.name for axis in search.axes)]
    has_steps = answer.horizon > 1  # otherwise the runs were not observed
    heads += [page.words("screen.trials.steps")] if has_steps else []
    scores = numbers_text([trial.score for trial in search.trials])
    rows = [
        [
            count_text(trial.number),
            page.spell(_score(trial, score, page)),
            *(_value(axis.name, trial.values.get(axis.name), page) for axis in search.axes),
            *([count_text(trial.steps)] if has_steps else []),
        ]
        for trial, score in zip(search.trials, scores, strict=True)
    ]
    return [heads, *rows]


def _score(tried: Tried, text: str, page: Page) -> str:
    if tried.score is None:
        return page.words(f"screen.ending.{tried.ending.replace(' ', '-')}")
    known = [score for score in tried.scores if score is not None]
    return text if len(known) < 2 else f"{text} ± {number_text((max(known) - min(known)) / 2, 2)}"


def _value(name: str, value: Any, page: Page) -> str:
    return page.spell("–") if value is None else value_text(name, value)
