"""Follows a study as it goes: only new events are read, and all viewers share what was read.

Path:   record -> `Follower.look` -> `Live`, a value -> pages, streams.
Units:  steps are optimizer steps, counted from a run's step 0.
"""

import threading
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.pace import Pace
from ratecraft.reporting.progress.studies import State, failed_text
from ratecraft.reporting.progress.view import View, follow, follow_planned, job_text, news_of
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES

SHOWN = 12
"""Jobs whose losses are drawn: those started last. A probe has two."""
MOST_NEWS = 300
_MEAN_OF = 8  # losses; a single one says little


@dataclass(frozen=True, slots=True)
class News:
    """A line on what happened, in every language, with the number of its event in the record."""

    number: int
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class LiveCurve:
    """The losses of a job so far, from its own first step on. The array grows; `count` values belong to now.

    `place` is the job's number in the order in which jobs were started.
    """

    job: Job
    losses: "array[float]"
    count: int
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """A study at one moment.

    Attributes:
        header: Identity of the study.
        state: Whether it is running, stopped half-way, or finished.
        number: Number of the last event.
        version: A number that rises with everything new.
        view: The state of its jobs.
        curves: Losses of the last jobs, by key.
        news: The last events as lines, the newest last.
        seconds_left: Expected seconds to the end; None while they are not known.
        failure: Why it failed; empty if it did not.
    """

    header: StudyHeader
    state: State
    number: int = 0
    version: int = 0
    view: View = field(default_factory=View)
    curves: Mapping[str, LiveCurve] = field(default_factory=dict[str, LiveCurve])
    news: tuple[News, ...] = ()
    seconds_left: float | None = None
    failure: str = ""


class Follower:
    """Follows one study; may be asked in any thread.

    Args:
        folder: The study's folder.
        plan: The estimate by the length of a run; None if nothing is planned.
    """

    def __init__(self, folder: StudyFolder, plan: Planner | None = None) -> None:
        self._folder, self._plan = folder, plan
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._attempts: dict[str, int] = {}
        self._losses: dict[str, array[float]] = {}
        self._ended: set[str] = set()
        self._last: Event | None = None
        self._pace = Pace()
        self._live: Live | None = None

    def look(self) -> Live:
        """The state of the study; the same value if nothing is new.

        Raises:
            StudyError: Its record cannot be read.
        """
        with self._lock, Record.open(self._folder.record, read_only=True) as record:
            header = record.header
            if self._live is None or self._live.header != header:  # another study has replaced it
                self._jobs, self._attempts, self._losses = {}, {}, {}
                self._ended, self._last, self._pace = set(), None, Pace()
                view = View.of(self._plan(None)) if self._plan else View()
                self._live = Live(header, "unfinished", version=self._live.version + 1 if self._live else 0, view=view)
            self._live = self._further(self._live, record)
            return self._live

    def _further(self, live: Live, record: Record) -> Live:
        number, view, news = live.number, live.view, list(live.news)
        for number, event in record.numbered_events(live.number):
            self._note(event)
            view = follow_planned(view, self._with_end(event, record), self._plan)
            told = _news(number, event, view)
            news += [told] if told else []
        is_new = number != live.number
        view, grew = self._with_progress(view, record)
        failure = failed_text(self._last)
        state = _state(record, failure)
        if not (is_new or grew or state != live.state):
            return live
        places = {key: at for at, key in enumerate(self._attempts)}
        curves = {key: LiveCurve(self._jobs[key], told, len(told), places[key]) for key, told in self._losses.items()}
        left = self._pace.left(view, len(self._attempts.keys() - self._ended)) if state == "running" else None
        told = tuple(news[-MOST_NEWS:])
        return Live(live.header, state, number, live.version + 1, view, curves, told, left, failure)

    def _note(self, event: Event) -> None:
        self._last = event
        match event:
            case Proposed(job):
                self._jobs[job.key] = job
            case Started(key, attempt):
                self._attempts[key] = attempt
                self._losses.pop(key, None)
                self._ended.discard(key)
            case Finished(outcome, attempt):
                self._ended.add(outcome.job)
                if attempt:  # otherwise another job's process brought it along
                    self._attempts[outcome.job] = attempt
                    self._pace = self._pace.after(outcome.executed, outcome.seconds) if outcome.seconds else self._pace
            case _:
                pass

    def _with_end(self, event: Event, record: Record) -> Event:
        """A finish with its last losses, whose mean is reported."""
        if not isinstance(event, Finished) or event.outcome.job not in self._jobs:
            return event
        outcome = event.outcome
        first = self._jobs[outcome.job].start + max(outcome.steps - _MEAN_OF, 0)
        last = record.series.later(outcome.job, event.attempt, "loss", first)
        return replace(event, outcome=replace(outcome, losses=tuple(last[:_MEAN_OF])))

    def _with_progress(self, view: View, record: Record) -> tuple[View, bool]:
        """The losses since the last look, of the jobs that are drawn; only theirs are kept."""
        drawn = [key for key in self._attempts if key in self._jobs][-SHOWN:]
        self._losses = {key: self._losses.get(key, array("d")) for key in drawn}
        reached = record.series.reached()
        grew = False
        for key in drawn:
            job, attempt, losses = self._jobs[key], self._attempts[key], self._losses[key]
            fresh = record.series.later(key, attempt, "loss", job.start + len(losses))
            if not len(fresh):
                continue
            grew = True
            losses.extend(fresh)
            if view.jobs[key].ending is None:
                last = losses[-_MEAN_OF:]
                step, executed = job.start + len(losses), reached.get((key, attempt), len(losses))
                view = follow(view, Progress(key, step, executed, sum(last) / len(last)))
        return view, grew


def _news(number: int, event: Event, view: View) -> News | None:
    glimpse = news_of(view, event)
    if glimpse is None:
        return None
    return News(number, {language: job_text(glimpse, view, Page(language)) for language in LANGUAGES})


def _state(record: Record, failure: str) -> State:
    """The state as in the list: a study that has its answer is finished once its supervisor has gone."""
    if record.supervisor() is not None:
        return "running"
    if record.answer() is not None:
        return "finished"
    return "failed" if failure else "unfinished"
