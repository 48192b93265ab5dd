"""What a watch prints: lines on stderr during training, and a summary of the run so far.

Path:   a finding, an error -> a line in the user's language; what a `Watcher` saw -> `Diagnosed`.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import StudyError
from ratecraft.records.outcome import Note
from ratecraft.records.storage.watched import ended_notes, seen_notes
from ratecraft.records.watching.guarding import guard_notes
from ratecraft.reporting.findings.finding_lines import finding_line
from ratecraft.reporting.findings.screen import Diagnosed
from ratecraft.reporting.text.page import page_of
from ratecraft.watching.judging import WAITING
from ratecraft.watching.watcher import Watcher

T = TypeVar("T")


def both(first: Callable[[T], object], second: Callable[[T], object]) -> Callable[[T], None]:
    """Takes a value, for one and then for the other."""

    def taken(value: T) -> None:
        first(value)
        second(value)

    return taken


def diagnosed_so_far(watcher: Watcher, path: str = "", *, over: bool) -> Diagnosed:
    """All that is said of the run so far, and what was told of it that is said no more."""
    run, said = watcher.run, diagnosis_of(watcher.run)
    ended = ended_notes(run)
    said = said if over and not ended else _without_the_end(said)
    back = watcher.taken_back(said)
    notes = (Note("taken-back", {"codes": ", ".join(back)}),) if back else ()
    return Diagnosed(path, run, said, (*guard_notes(run), *seen_notes(run), *ended, *notes))


def print_finding(language: str, finding: Finding) -> None:
    """A finding was told."""
    print(finding_line(finding, page_of(sys.stderr, os.environ, language)), file=sys.stderr, flush=True)  # noqa: T201


def print_unkept(language: str, error: StudyError) -> None:
    """No record is kept."""
    _print(language, "screen.watch.unkept", reason=error.message(language))


def print_ended(language: str, reason: str, steps: int) -> None:
    """An error of ours has ended the watch; the training goes on."""
    _print(language, "screen.watch.ended", reason=reason, steps=steps)


def _print(language: str, key: str, **values: object) -> None:
    print(page_of(sys.stderr, os.environ, language).words(key, **values), file=sys.stderr, flush=True)  # noqa: T201


def _without_the_end(said: Diagnosis) -> Diagnosis:
    """Without what only the end of a run can tell."""
    return replace(said, findings=tuple(finding for finding in said.findings if finding.code not in WAITING))
