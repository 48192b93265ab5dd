"""Drives a study to its answer: controller -> jobs -> executor -> outcomes -> record -> controller.

Path:   first the events of the record are replayed, then every new event goes record -> controller -> audience.

Finished jobs are never run again: a resumed study gives its unfinished jobs back to the executor and goes on. Every
event is on disk before anything follows from it.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ratecraft.controllers.baseline.failures import script_failed
from ratecraft.controllers.controller import Controller
from ratecraft.errors import Interrupted, StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.running import Executor, Happening, Printed
from ratecraft.records.storage.store import Record
from ratecraft.tuning.backlog import Backlog
from ratecraft.tuning.failed_twice import failed_twice

State = TypeVar("State")

_PATIENCE = 0.25  # seconds until a request to stop or a deadline is noticed and buffered series are checked


class Audience(Protocol):
    """What follows a study live, such as a screen."""

    def hear(self, event: Event) -> None:
        """Take one more event, after it was recorded."""
        ...

    def say(self, line: str) -> None:
        """Take a line that the script printed in a run that belongs to the user."""
        ...


def drive(
    controller: Controller[State],
    record: Record,
    executor: Executor,
    audience: Audience,
    *,
    command: str,
    stop: threading.Event,
    before_retry: Callable[[Job], None],
    deadline: float | None = None,
    bears_failures: bool = False,
) -> Answer:
    """Bring a study to its answer, from whatever its record holds. However it ends, the executor is closed.

    Args:
        controller: Decides which jobs the study wants.
        record: Holds the events so far and takes the new ones.
        executor: Gives jobs to runs; used by this call alone.
        audience: Receives new events and the lines of the user's own run.
        command: The command that continues this study.
        stop: Set by a signal handler: what has finished is kept, the rest is ended.
        before_retry: Puts the files of an interrupted run in the user's own folder back before it starts again.
        deadline: A reading of `time.monotonic`; once it has passed, the study ends as if `stop` were set.
        bears_failures: Jobs that fail alike do not end the study, since the controller deals with them.

    Raises:
        Interrupted: `stop` was set or Ctrl-C was pressed (`interrupted`), or the deadline has passed (`time-limit`).
        ScriptFailed: Two jobs failed in the same way (`script-failed-twice`).
        StudyError: The controller waits although no job is under way (`study-stuck`), or the record cannot be written.
    """
    late = False
    try:
        study = _Study(controller, record, executor, audience, before_retry)
        while not stop.is_set():
            if not bears_failures:
                study.raise_if_failed_twice()
            answer = study.propose()
            if answer is not None:
                record.set_answer(answer)
                return answer
            late = deadline is not None and time.monotonic() >= deadline
            if late:
                break
            study.begin()
            study.listen(_PATIENCE)
            record.flush_due()
        study.listen(0)
    except KeyboardInterrupt:
        late = False
    finally:
        executor.close()
        record.series.flush()
    raise Interrupted("time-limit" if late else "interrupted", command=command)


class _Study(Generic[State]):
    """A study under way: the state after its events. Unfinished jobs are given to the executor again."""

    def __init__(
        self,
        controller: Controller[State],
        record: Record,
        executor: Executor,
        audience: Audience,
        before_retry: Callable[[Job], None],
    ) -> None:
        self._controller, self._record, self._executor = controller, record, executor
        self._audience, self._before_retry = audience, before_retry
        self._state = controller.init()
        self._backlog = Backlog()
        for event in record.events():
            self._fold(event)
        for job in self._backlog.unfinished():
            self._submit(job)

    def raise_if_failed_twice(self) -> None:
        """Raise if two jobs have failed in the same way.

        Raises:
            ScriptFailed: Two jobs failed alike.
        """
        failure = failed_twice(self._backlog.failed.values())
        if failure is not None:
            raise script_failed("script-failed-twice", failure)

    def propose(self) -> Answer | None:
        """Submit the jobs that the controller wants, until it wants no more; return its answer if it has one."""
        while True:
            wanted = self._controller.wanted(self._state, self._executor.free)
            if isinstance(wanted, Answer):
                return wanted
            if not wanted:
                return None
            for proposed in wanted:
                self._happen(proposed)
                self._submit(proposed.job)

    def begin(self) -> None:
        """Begin the jobs that may begin.

        Raises:
            StudyError: Nothing is under way after that, although the controller waits for an outcome.
        """
        for started in self._executor.begin():
            self._happen(started)
        if self._executor.idle:
            raise StudyError("study-stuck")

    def listen(self, seconds: float) -> None:
        """Take in what has happened, waiting at most `seconds` for the first happening."""
        for happening in self._executor.happenings(seconds):
            self._take(happening)

    def _submit(self, job: Job) -> None:
        self._executor.submit(self._backlog.lineage(job, self._record.job), self._backlog.next_attempt(job))

    def _take(self, happening: Happening) -> None:
        """Take in one happening."""
        match happening:
            case Printed(text=text):
                self._audience.say(text)
            case (job, attempt, block):
                self._record.series.extend(job, attempt, block)
            case _:
                self._happen(happening)

    def _happen(self, event: Event) -> None:
        """Handle a new event: to disk first, then into the state, then to the audience."""
        match event:
            case Progress():
                pass
            case Started(key, attempt):
                job = self._backlog.jobs[key]
                if job is not None and job.in_place and attempt > 1:
                    self._before_retry(job)
                self._record.append(event)
            case Finished():
                self._record.append(event)
            case Proposed(job):
                if job.key in self._backlog.jobs:
                    raise RuntimeError(f"the controller asked for job {job.key} twice")
                self._record.append(event)
        self._fold(event)
        self._audience.hear(event)

    def _fold(self, event: Event) -> None:
        self._state = self._controller.observe(self._state, event)
        self._backlog = self._backlog.after(event)
