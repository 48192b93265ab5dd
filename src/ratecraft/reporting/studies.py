"""The studies of a folder as a table, and one that has no answer yet.

Path:   headers and answers of the records (joined by api) -> text. A finished study is shown by `result`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ratecraft.records.answer import Verdict
from ratecraft.records.events import Event
from ratecraft.reporting.numbers import numbers_text
from ratecraft.reporting.page import Page, cells, table, wrap
from ratecraft.reporting.view import View, follow, view_lines
from ratecraft.translations.catalogue import rate_text

__all__ = ["State", "StudyLine", "studies_json", "studies_text", "unfinished_text"]

State: TypeAlias = Literal["running", "unfinished", "finished", "unreadable"]
_COLUMNS = ("study", "result", "rate", "score", "runs", "when")
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class StudyLine:
    """One study in the list.

    Attributes:
        name: Its name, as `show` and `resume` take it.
        state: Whether a supervisor is at work, the study stopped half-way, has its answer, or cannot be read.
        when: Local time of its last event, e.g. `2026-11-24 08:30`.
        verdict: Set once it is finished.
        rate: The chosen rate.
        metric: Name of the compared figure; empty while unknown.
        before: The baseline's final figure.
        after: The tuned one.
        runs: `cost.runs` so far; None where the length of a run is not yet known.
    """

    name: str
    state: State
    when: str
    verdict: Verdict | None = None
    rate: float | None = None
    metric: str = ""
    before: float | None = None
    after: float | None = None
    runs: float | None = None


def studies_text(studies: Sequence[StudyLine], page: Page) -> str:
    """The list, newest last; columns that don't fit are left out from the right."""
    if not studies:
        return "\n".join(wrap(page.words("screen.studies.none"), page.width))
    head = [page.words(f"screen.studies.{name}") for name in _COLUMNS]
    rows = [head, *(_row(each, page) for each in studies)]
    count = len(_COLUMNS)
    lines = _left_part(rows, count)
    while count > _FEWEST and max(cells(line) for line in lines) > page.width:
        count -= 1
        lines = _left_part(rows, count)
    return "\n".join([page.paint(lines[0], "faint"), *lines[1:]])


def studies_json(studies: Sequence[StudyLine]) -> dict[str, Any]:
    """The same as one JSON object."""
    return {"schema": 1, "studies": [{name: getattr(each, name) for name in StudyLine.__slots__} for each in studies]}


def unfinished_text(name: str, path: str, events: Sequence[Event], resume: str, page: Page) -> str:
    """A study without an answer: how far it is, its last jobs, and what to type.

    Args:
        name: Name of the study.
        path: Its folder.
        events: What its record holds.
        resume: The command that resumes it.
        page: Language, width, colour, alphabet.
    """
    view = View()
    for event in events:
        view = follow(view, event)
    said = wrap(page.words("screen.studies.half-way", study=name, path=path), page.width)
    typed = wrap(page.words("screen.studies.resume", command=resume), page.width)
    return "\n".join([*said, "", *view_lines(view, page), "", *typed])


def _left_part(rows: Sequence[Sequence[str]], count: int) -> tuple[str, ...]:
    return table([row[:count] for row in rows], text_columns=(0, 1, 3))


def _row(study: StudyLine, page: Page) -> list[str]:
    code = study.verdict if study.state == "finished" and study.verdict else study.state
    return [
        study.name,
        page.words(f"screen.state.{code}"),
        "" if study.rate is None else rate_text(study.rate),
        _score(study, page),
        "" if study.runs is None else f"{study.runs:.2f}",
        study.when,
    ]


def _score(study: StudyLine, page: Page) -> str:
    values = [value for value in (study.before, study.after) if value is not None]
    arrow = page.spell(" → ")
    return f"{study.metric} {arrow.join(numbers_text(values))}" if values else ""
