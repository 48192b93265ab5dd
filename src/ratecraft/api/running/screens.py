"""Which screen shows a study: a notebook display, a live block on a terminal, plain lines, or none.

Path:   a study and its events so far -> a `Screen`, with what is told once said on it.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, TextIO
from uuid import uuid4

from ratecraft.api.results.summaries import study_notes
from ratecraft.api.running.run_study import OpenScreen
from ratecraft.api.studies.cluster import archive_contents
from ratecraft.api.studies.earlier import earlier_baseline
from ratecraft.api.studies.estimating import study_estimate
from ratecraft.api.studies.program_study import ProgramStudy
from ratecraft.api.studies.study import Study, verb_of
from ratecraft.api.studies.task_study import TaskStudy, unfinished_alike
from ratecraft.records.events import Event, Started
from ratecraft.records.outcome import Note
from ratecraft.reporting.notebook import NotebookScreen, Show
from ratecraft.reporting.progress.estimate import opening_text
from ratecraft.reporting.progress.screen import Screen, SilentScreen, open_screen
from ratecraft.reporting.text.page import Page, is_live, page_of

_NOTEBOOK_WIDTH = 100


def screen_opener(language: str, stream: TextIO, *, silent: bool = False, in_notebooks: bool = False) -> OpenScreen:
    """Makes the screen of a study.

    Args:
        language: Code of a language, e.g. `ja`.
        stream: Where text goes, if there is no notebook.
        silent: Show nothing.
        in_notebooks: Show it in the cell of a notebook, where one is at work.
    """

    def opened(study: Study, past: Sequence[Event]) -> Screen:
        if silent:
            return SilentScreen()
        plan, baseline = partial(study_estimate, study.settings), study.settings.baseline and not past
        again = earlier_baseline(study) if baseline and not silent else ""
        show = _display() if in_notebooks else None
        if show is not None:
            page = Page(language=language, width=_NOTEBOOK_WIDTH)
            screen: Screen = NotebookScreen(show, page, plan, past)
        else:
            page, live = page_of(stream, os.environ, language), is_live(stream, os.environ)
            screen = open_screen(stream, page, plan, live=live, past=past)
        if not any(isinstance(event, Started) for event in past):
            subject, notes = _subject(study), _notes(study)
            verb = verb_of(study.settings)
            left = baseline and not again
            text = opening_text(plan(), notes, page, baseline=left, again=again, subject=subject, verb=verb)
            screen.say(text)
        return screen

    return opened


def _subject(study: Study) -> Literal["script", "task", "program"]:
    if isinstance(study, ProgramStudy):
        return "program"
    return "task" if isinstance(study, TaskStudy) else "script"


def _notes(study: Study) -> tuple[Note, ...]:
    """What must be told of the place of a study, and of one that an equal task has left unfinished."""
    alike = unfinished_alike(study) if isinstance(study, TaskStudy) else ""
    sent = archive_contents(study.running.cluster, study.directory, study.folder)
    unfinished = (Note("other-weights", {"study": alike}),) if alike else ()
    return (*study_notes(study.folder), *unfinished, *(sent.notes if sent else ()))


def _display() -> Show | None:
    """What writes into the cell of the notebook that runs this; None elsewhere. It loads nothing of a notebook's."""
    get_shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_shell() if callable(get_shell) else None
    publisher = getattr(shell, "display_pub", None)
    if not hasattr(shell, "kernel") or publisher is None:  # IPython in a terminal has no cell to write into
        return None
    identity, began = uuid4().hex, False

    def show(content: Mapping[str, str]) -> None:
        nonlocal began
        publisher.publish(data=dict(content), metadata={}, transient={"display_id": identity}, update=began)
        began = True

    return show
