"""A study followed as it goes: only what is new is read, and all who look share what was read.

Path:   record -> `Follower.look` -> `Live`, a value -> pages, streams.
Units:  steps are optimizer steps, counted from a run's step 0.
"""

import threading
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.header import StudyHeader
from ratecraft.records.job import Job
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder
from ratecraft.reporting.page import Page
from ratecraft.reporting.studies import State
from ratecraft.reporting.view import View, follow, job_text, news_of
from ratecraft.translations.catalogue import LANGUAGES

__all__ = ["MOST_NEWS", "SHOWN", "Curve", "Follower", "Live", "News"]

SHOWN = 5
"""Jobs whose losses are drawn: the last that have any."""
MOST_NEWS = 300
_MEAN_OF = 8  # losses; one alone says little


@dataclass(frozen=True, slots=True)
class News:
    """A line on what happened, in every language, and the number of its event in the record."""

    number: int
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The losses of a job so far, from its own first step on. The array grows; `count` of it belong to this moment.

    `place` is which of all jobs that were started this one is.
    """

    job: Job
    losses: "array[float]"
    count: int
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """A study at one moment.

    Attributes:
        header: What it is of.
        state: Whether a supervisor is at work, it stopped half-way, or has its answer.
        number: Of the last event.
        version: Rises with everything that is new.
        view: What is seen of its jobs.
        curves: Losses of the last jobs, by key.
        news: What happened, the newest last.
    """

    header: StudyHeader
    state: State
    number: int = 0
    version: int = 0
    view: View = field(default_factory=View)
    curves: Mapping[str, Curve] = field(default_factory=dict[str, Curve])
    news: tuple[News, ...] = ()


class Follower:
    """Follows one study; may be asked in any thread.

    Args:
        folder: The study's.
    """

    def __init__(self, folder: StudyFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._attempts: dict[str, int] = {}
        self._losses: dict[str, array[float]] = {}
        self._live: Live | None = None

    def look(self) -> Live:
        """How the study stands; the same value where nothing is new.

        Raises:
            StudyError: Its record cannot be read.
        """
        with self._lock, Record.open(self._folder.record, read_only=True) as record:
            header = record.header
            if self._live is None or self._live.header != header:  # another study has taken its place
                self._jobs, self._attempts, self._losses = {}, {}, {}
                self._live = Live(header, "unfinished", version=self._live.version + 1 if self._live else 0)
            self._live = self._further(self._live, record)
            return self._live

    def _further(self, live: Live, record: Record) -> Live:
        number, view, news = live.number, live.view, list(live.news)
        for number, event in record.numbered_events(live.number):
            self._note(event)
            view = follow(view, self._with_end(event, record))
            told = _news(number, event, view)
            news += [told] if told else []
        is_new = number != live.number
        view, grew = self._with_progress(view, record)
        state = _state(record)
        if not (is_new or grew or state != live.state):
            return live
        places = {key: at for at, key in enumerate(self._attempts)}
        curves = {key: Curve(self._jobs[key], told, len(told), places[key]) for key, told in self._losses.items()}
        return Live(live.header, state, number, live.version + 1, view, curves, tuple(news[-MOST_NEWS:]))

    def _note(self, event: Event) -> None:
        match event:
            case Proposed(job):
                self._jobs[job.key] = job
            case Started(key, attempt):
                self._attempts[key] = attempt
                self._losses.pop(key, None)
            case Finished(outcome, attempt):
                if attempt:  # another job's process brought it along
                    self._attempts[outcome.job] = attempt
            case _:
                pass

    def _with_end(self, event: Event, record: Record) -> Event:
        """A finish with its last losses, whose mean is told of it."""
        if not isinstance(event, Finished) or event.outcome.job not in self._jobs:
            return event
        outcome = event.outcome
        first = self._jobs[outcome.job].start + max(outcome.steps - _MEAN_OF, 0)
        last = record.later_series(outcome.job, event.attempt, "loss", first)
        return replace(event, outcome=replace(outcome, losses=tuple(last[:_MEAN_OF])))

    def _with_progress(self, view: View, record: Record) -> tuple[View, bool]:
        """The losses that came since, of the jobs that are drawn; only theirs are kept."""
        drawn = [key for key in self._attempts if key in self._jobs][-SHOWN:]
        self._losses = {key: self._losses.get(key, array("d")) for key in drawn}
        reached = record.reached()
        grew = False
        for key in drawn:
            job, attempt, losses = self._jobs[key], self._attempts[key], self._losses[key]
            fresh = record.later_series(key, attempt, "loss", job.start + len(losses))
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
    return News(number, {each: job_text(glimpse, view, Page(each)) for each in LANGUAGES})


def _state(record: Record) -> State:
    """As the list has it: a study that has its answer is finished once its supervisor has gone."""
    if record.supervisor() is not None:
        return "running"
    return "unfinished" if record.answer() is None else "finished"
