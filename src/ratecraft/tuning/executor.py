"""Gives jobs to runs on this machine: every job under way has a slot, with a thread that waits for its run.

Path:   the driver submits jobs -> `begin` starts those whose turn it is -> happenings for the driver, in order.

The threads only wait for runs and put what these report on a queue; every decision is made in the caller's thread.
`ReplayExecutor` runs every scored job by itself from step 0; `branching.BranchingExecutor` lets jobs branch off the
runs of their trunks.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol

from ratecraft.laws.capacity import UNKNOWN, Capacity
from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Note, RunFacts
from ratecraft.records.running import Happening, Listener, Run
from ratecraft.tuning.outcomes import Performance, scored_outcome, trained_outcome, trunk_outcome
from ratecraft.tuning.run_job import OpenRuns, failures_as_outcome, raise_disk_full, replay_job, was_killed
from ratecraft.tuning.run_listener import RunHistory, RunListener

_MOST_RETRIES = 2
_END_SECONDS = 15.0  # a thread whose run does not end within this time is left behind; it ends with the process


class StartRun(Protocol):
    """Makes a fresh run, at step 0, for an attempt at a job."""

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> Run:
        """The run, which reports to the listener."""
        ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """A submitted job with its ancestors, oldest first, and the number of the attempt at it.

    `retries` is how often it may be tried again after its process was killed.
    """

    lineage: tuple[Job, ...]
    attempt: int
    retries: int = _MOST_RETRIES

    @property
    def job(self) -> Job:
        """The job itself."""
        return self.lineage[-1]


@dataclass(frozen=True, slots=True)
class _Ended:
    """A slot is done with its job; without a performance, the job is a trunk that is to be held."""

    assignment: Assignment
    performance: Performance | None


class SlotExecutor(ABC):
    """The common part of executors on this machine: an `Executor` except for how a job gets its run.

    Jobs begin in the order of submission, each when a slot is free and its parent has ended. A trunk may be *held*
    instead: it gets its outcome from the first child that replays it. A job whose process was killed is tried again.

    Args:
        start: Makes the run of a job.
        slots: How many jobs may be under way at a time.
        room: The memory available to them; if they need more, there are fewer slots.
    """

    def __init__(self, start: StartRun, slots: int, room: Capacity = UNKNOWN) -> None:
        self._start = start
        self._asked = self._slots = slots
        self._room = room
        self._peaks = (0, 0)
        self._not_at_home = ""
        self._waiting: list[Assignment] = []
        self._running: dict[str, Assignment] = {}
        self._held: set[str] = set()
        self._begun: SimpleQueue[Assignment | None] = SimpleQueue()
        self._queue: SimpleQueue[Happening | _Ended] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open = OpenRuns()

    @abstractmethod
    def _holds(self, job: Job) -> bool:
        """Whether the job is a trunk that is held at once."""

    @abstractmethod
    def _perform(self, assignment: Assignment) -> Performance | None:
        """Perform a job, in the thread of a slot; None if it turns out to be a trunk that must be held."""

    @property
    def free(self) -> int:
        """How many more scored jobs may be under way. A trunk counts as the job that branches off it."""
        taken = (*self._waiting, *self._running.values())
        return max(0, self._slots - sum(assignment.job.evaluate is not None for assignment in taken))

    @property
    def idle(self) -> bool:
        """Whether nothing is under way; a job counts until its `Finished` has been read."""
        return not self._running

    def learn(self, facts: RunFacts, notes: Sequence[Note] = ()) -> bool:
        """Take in what a run reported: the memory it took, and whether it behaves in a mirror as at home.

        Returns:
            Whether there are fewer slots from now on. Runs under way go on.
        """
        if any(note.code == "write-denied" for note in notes):
            self._not_at_home = "write-denied"
        elif facts.trackers:
            self._not_at_home = self._not_at_home or "tracker"
        self._peaks = max(self._peaks[0], facts.peak_memory), max(self._peaks[1], facts.device_memory)
        before, self._slots = self._slots, self._room.jobs_that_fit(self._asked, *self._peaks)
        return self._slots < before

    def submit(self, lineage: tuple[Job, ...], attempt: int) -> None:
        """Take a job.

        Args:
            lineage: The job with its ancestors, oldest first, the job itself last; parents are submitted first.
            attempt: Number of the next attempt at it, from 1.
        """
        if self._holds(lineage[-1]):
            self._held.add(lineage[-1].key)
        else:
            self._waiting.append(Assignment(lineage, attempt))

    def begin(self) -> Iterator[Started]:
        """Begin the jobs whose turn it is: each begins once its `Started` was consumed and the next is requested."""
        for assignment in tuple(self._waiting):
            if len(self._running) >= self._slots:
                return
            job = assignment.job
            if job.parent in self._running or any(job.parent == other.job.key for other in self._waiting):
                continue
            self._waiting.remove(assignment)
            self._running[job.key] = assignment
            yield Started(job.key, assignment.attempt)
            if len(self._threads) < len(self._running):
                thread = threading.Thread(target=self._work, name=f"slot {len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._begun.put(assignment)

    def happenings(self, timeout: float) -> Iterator[Happening]:
        """All happenings since the last call; waits up to `timeout` seconds for the first."""
        try:
            item = self._queue.get(timeout=timeout)
            while not self._open.closed:
                if isinstance(item, _Ended):
                    yield from self._settle(item.assignment, item.performance)
                else:
                    yield item
                item = self._queue.get_nowait()
        except Empty:
            return

    def close(self) -> None:
        """End every run at once. Happenings that were not read yet are dropped."""
        self._open.close_all()
        for _ in self._threads:
            self._begun.put(None)
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def _settle(self, assignment: Assignment, run: Performance | None) -> Iterator[Finished]:
        """The outcomes of a job that has ended: first those of the held trunks that it replayed, then its own."""
        *ancestors, job = assignment.lineage
        del self._running[job.key]
        if run is None:
            self._held.add(job.key)
            return
        raise_disk_full(run)
        if was_killed(run) and assignment.retries:
            again = replace(assignment, attempt=assignment.attempt + 1, retries=assignment.retries - 1)
            self._waiting.insert(0, again)
            return
        if self.learn(run.facts, run.notes):
            run = replace(run, notes=(*run.notes, self._fewer_workers()))
        for trunk in ancestors:
            if trunk.key in self._held:
                self._held.remove(trunk.key)
                yield Finished(trunk_outcome(trunk, run), attempt=0)
        outcome = trained_outcome(job, run) if job.evaluate is None else scored_outcome(job, run)
        yield Finished(outcome, 0 if run.brought else assignment.attempt)

    def _fewer_workers(self) -> Note:
        memory, device = (peak / 1e9 for peak in self._peaks)
        values = {"asked": self._asked, "workers": self._slots, "memory": memory, "device": device}
        return Note("fewer-workers", values)

    def _work(self) -> None:
        """The thread of a slot: one job after the other."""
        while (assignment := self._begun.get()) is not None:
            began = time.monotonic()
            run = failures_as_outcome(partial(self._perform, assignment), RunHistory())
            self._queue.put(_Ended(assignment, run and replace(run, seconds=time.monotonic() - began)))

    def _replay(self, assignment: Assignment) -> Performance:
        """Perform a job on a separate run from step 0, through the trunks that lead to it."""
        hearing = RunListener(assignment.job, assignment.attempt, self._queue.put)
        begin = partial(self._start, assignment.job, assignment.attempt, hearing)
        return replay_job(begin, assignment.lineage, hearing.told, self._open)


class ReplayExecutor(SlotExecutor):
    """An `Executor` that runs every scored job by itself from step 0.

    A trunk is held: it takes neither a slot nor a run.

    Args:
        start: Makes the run of a job.
        slots: How many runs may be under way at a time.
        room: The memory available to them.

    Example:
        >>> executor = ReplayExecutor(lambda job, attempt, listener: ..., slots=2)
        >>> executor.submit((Job(stop=25),), attempt=1)  # a trunk is held
        >>> list(executor.begin())
        []
    """

    def _holds(self, job: Job) -> bool:
        return job.evaluate is None

    def _perform(self, assignment: Assignment) -> Performance:
        return self._replay(assignment)
