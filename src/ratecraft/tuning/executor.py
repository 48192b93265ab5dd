"""Gives jobs to runs that are replayed: every scored job is a run of its own from step 0, one thread a slot.

Path:   the driver submits jobs -> `StartRun` makes runs -> happenings, in order, for the driver.

A trunk (a job that is not scored) takes no slot and no run: it is held until the first child that replays it has ended,
and that child brings its outcome along. The threads only wait for their runs and put what these tell on a queue; all
that decides happens in the caller's thread.
"""

import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Protocol

from ratecraft.records.events import Finished
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Happening, Listener, Passage, Run
from ratecraft.tuning.hearing import Hearing, Told
from ratecraft.tuning.outcomes import Performance, scored_outcome, trunk_outcome

__all__ = ["ReplayExecutor", "StartRun"]

_END_SECONDS = 15.0  # a thread whose run does not end within it is left behind; it ends with the process


class StartRun(Protocol):
    """Makes a fresh run, at its step 0, for an attempt at a scored job."""

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> Run:
        """The run; it tells the listener what it has to tell."""
        ...


@dataclass(frozen=True, slots=True)
class _Ended:
    """The run of a job is over and closed."""

    lineage: tuple[Job, ...]
    attempt: int
    performance: Performance


class ReplayExecutor:
    """An `Executor` whose every scored job is replayed from step 0.

    Args:
        start: Makes the run of a job.
        slots: How many runs may be under way at a time.

    Example:
        >>> executor = ReplayExecutor(lambda job, attempt, listener: ..., slots=2)
        >>> executor.submit((Job(stop=25),), attempt=1)  # a trunk is held
        >>> executor.free
        2
        >>> executor.close()
    """

    def __init__(self, start: StartRun, slots: int) -> None:
        self._start = start
        self._free = slots
        self._held: set[str] = set()
        self._queue: SimpleQueue[Happening | _Ended] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()  # guards the two below
        self._runs: dict[str, Run] = {}
        self._closed = False

    @property
    def free(self) -> int:
        """Slots without a job. A slot is free again once the `Finished` of its job has been read."""
        return self._free

    def submit(self, lineage: tuple[Job, ...], attempt: int) -> None:
        """Start a scored job, or hold a trunk.

        Args:
            lineage: The job with its ancestors, oldest first, the job itself last.
            attempt: Number of this attempt at it, from 1.
        """
        job = lineage[-1]
        if job.evaluate is None:
            self._held.add(job.key)
            return
        self._free -= 1
        thread = threading.Thread(target=self._perform, args=(lineage, attempt), name=f"job {job.key}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def happenings(self, timeout: float) -> Iterator[Happening]:
        """What has happened since the last call; waits up to `timeout` seconds for the first."""
        try:
            item = self._queue.get(timeout=timeout)
            while not self._closed:
                if isinstance(item, _Ended):
                    yield from self._settle(item)
                else:
                    yield item
                item = self._queue.get_nowait()
        except Empty:
            return

    def close(self) -> None:
        """End every run at once. What was not read before has never happened."""
        with self._lock:
            self._closed = True
            runs = tuple(self._runs.values())
        if runs:
            with ThreadPoolExecutor(len(runs)) as pool:
                list(pool.map(_close, runs))
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def _settle(self, ended: _Ended) -> Iterator[Happening]:
        """The outcomes of a job that has ended: first those of the held trunks that it replayed, then its own."""
        *ancestors, job = ended.lineage
        for trunk in ancestors:
            if trunk.key in self._held:
                self._held.remove(trunk.key)
                yield Finished(trunk_outcome(trunk, ended.performance), attempt=0)
        self._free += 1
        yield Finished(scored_outcome(job, ended.performance), ended.attempt)

    def _perform(self, lineage: tuple[Job, ...], attempt: int) -> None:
        """One job from its start to its end, in a thread of its own."""
        job = lineage[-1]
        hearing = Hearing(job, attempt, self._queue.put)
        began = time.monotonic()
        try:
            with closing(self._start(job, attempt, hearing)) as run:
                self._admit(job.key, run)
                performance = _act(run, job, hearing.told)
        except Exception as error:  # noqa: BLE001 - whatever a run does, it is an outcome and the study goes on
            performance = _broken(error, hearing.told)
        with self._lock:
            self._runs.pop(job.key, None)
        self._queue.put(_Ended(lineage, attempt, replace(performance, seconds=time.monotonic() - began)))

    def _admit(self, key: str, run: Run) -> None:
        """From now on `close` ends this run; where it was called while the run was made, the run does not begin."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was closed")
            self._runs[key] = run


def _close(run: Run) -> None:
    run.close()


def _act(run: Run, job: Job, told: Told) -> Performance:
    """Replay the job from step 0 to its end and have it scored."""
    how = job.evaluate
    to_step = None if how is None or how.kind == "natural" else job.stop
    passage = run.advance(job.schedules, to_step, job.stop_rule)
    well = passage.ending in (Ending.DONE, Ending.ENDED_EARLY)
    score = run.evaluate(how) if how is not None and well else None
    facts, notes = run.facts()
    return Performance(told, passage, score, facts, notes)


def _broken(error: Exception, told: Told) -> Performance:
    """How a run went whose own code raised: to the last step that it told of."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(traceback.format_exception(error))
    failure = Failure("exception", type(error).__name__, str(error), frame.filename, frame.lineno or 0, text)
    reached = len(told.of("loss"))
    return Performance(told, Passage(reached, Ending.FAILED, reached, failure=failure))
