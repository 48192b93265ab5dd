"""The studies of a folder as a table, and the screen of a study without an answer.

Path:   headers and answers of the records (put together by `api`) -> text. A finished study is shown by `result`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ratecraft.records.answer import Verdict
from ratecraft.records.events import Event, Finished
from ratecraft.reporting.progress.view import View, follow, view_lines
from ratecraft.reporting.text.numbers import numbers_text
from ratecraft.reporting.text.page import Page, cells, table, wrap
from ratecraft.translations.catalogue import rate_text

State: TypeAlias = Literal["running", "unfinished", "failed", "finished", "unreadable"]
_COLUMNS = ("study", "result", "arguments", "rate", "score", "runs", "when")
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class StudyLine:
    """One study in the list.

    Attributes:
        name: Its name, as for `show` and `resume`.
        state: Whether the study is running, stopped half-way, failed, finished, or cannot be read.
        when: Local time of its last event, e.g. `2026-11-24 08:30`.
        verdict: Its verdict, once it is finished.
        rate: The chosen rate.
        metric: Name of the compared figure; empty while unknown.
        before: Final figure of the baseline.
        after: Final figure of the tuned run.
        runs: `cost.runs` so far; None if the length of a run is not yet known.
        script: The script.
        arguments: The script's own arguments.
        failure: Why it failed; empty if it did not.
        gain: Gain of the tuned run as a share of the baseline's figure; negative if it is worse.
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
    script: str = ""
    arguments: tuple[str, ...] = ()
    failure: str = ""
    gain: float | None = None

    @property
    def result(self) -> str:
        """Its verdict once it is finished, else its state."""
        return self.verdict if self.state == "finished" and self.verdict else self.state


def studies_text(studies: Sequence[StudyLine], page: Page) -> str:
    """The list, newest last; columns that do not fit are left out from the right."""
    if not studies:
        return "\n".join(wrap(page.words("screen.studies.none"), page.width))
    head = [page.words(f"screen.studies.{name}") for name in _COLUMNS]
    rows = [head, *(_row(study, own, page) for study, own in zip(studies, own_arguments(studies), strict=True))]
    if not any(row[2] for row in rows[1:]):
        rows = [[*row[:2], *row[3:]] for row in rows]
    count = len(rows[0])
    lines = _left_part(rows, count)
    while count > _FEWEST and max(cells(line) for line in lines) > page.width:
        count -= 1
        lines = _left_part(rows, count)
    failed = [
        line
        for study in studies
        if study.failure
        for line in wrap(page.words("screen.studies.why", study=study.name, failure=study.failure), page.width, "  ")
    ]
    return "\n".join([page.paint(lines[0], "faint"), *lines[1:], *failed])


def own_arguments(studies: Sequence[StudyLine]) -> tuple[str, ...]:
    """The arguments in which the studies of one script differ; empty if all are alike.

    Example:
        >>> given = [("--lr", "1", "--seed", "0"), ("--lr", "2", "--seed", "0")]
        >>> own_arguments([StudyLine("tune-a", "running", "", script="a.py", arguments=each) for each in given])
        ('--lr 1', '--lr 2')
    """
    told = [_options(study.arguments) for study in studies]

    def is_shared(option: str, script: str) -> bool:
        return all(option in options for study, options in zip(studies, told, strict=True) if study.script == script)

    return tuple(
        " ".join(option for option in options if not is_shared(option, study.script))
        for study, options in zip(studies, told, strict=True)
    )


def failed_text(event: Event | None) -> str:
    """Why the last run of a study failed, from its last event; empty if it did not."""
    failure = event.outcome.failure if isinstance(event, Finished) else None
    said = (failure.name, *failure.message.splitlines()[:1]) if failure else ()
    return ": ".join(part for part in said if part) or (failure.kind if failure else "")


def _options(arguments: Sequence[str]) -> list[str]:
    """Arguments with the values that follow them."""
    options: list[str] = []
    for word in arguments:
        if options and not word.startswith("-") and options[-1].startswith("-") and " " not in options[-1]:
            options[-1] += f" {word}"
        else:
            options.append(word)
    return options


def studies_json(studies: Sequence[StudyLine]) -> dict[str, Any]:
    """The same as one JSON object."""
    return {"schema": 1, "studies": [{name: getattr(study, name) for name in StudyLine.__slots__} for study in studies]}


def unfinished_text(name: str, path: str, events: Sequence[Event], resume: str, page: Page) -> str:
    """A study without an answer: its progress, its last jobs, and what to type.

    Args:
        name: Name of the study.
        path: Its folder.
        events: The events in its record.
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
    words = (0, 1, 2, 4) if len(rows[0]) == len(_COLUMNS) else (0, 1, 3)
    return table([row[:count] for row in rows], text_columns=words)


def _row(study: StudyLine, own: str, page: Page) -> list[str]:
    return [
        study.name,
        page.words(f"screen.state.{study.result}"),
        own,
        "" if study.rate is None else rate_text(study.rate),
        _score(study, page),
        "" if study.runs is None else f"{study.runs:.2f}",
        study.when,
    ]


def _score(study: StudyLine, page: Page) -> str:
    values = [value for value in (study.before, study.after) if value is not None]
    arrow = page.spell(" → ")
    return f"{study.metric} {arrow.join(numbers_text(values))}" if values else ""
