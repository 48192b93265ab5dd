"""The state of a study's jobs, read off its events: which were proposed, how often each was tried, which are open.

Path:   events, recorded or new -> `Backlog` -> the driver.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.persistent_map import PersistentMap


@dataclass(frozen=True, slots=True)
class Backlog:
    """A fold over events, as a frozen value. Of a finished job only the key is kept: the record has the rest.

    Attributes:
        jobs: Key to job, in the order of the proposals; None once it has an outcome.
        attempts: Key to the number of the latest attempt; jobs never tried are not in it.
        failed: Key to the latest `Finished` of a job that failed, without its series and figures.
    """

    jobs: PersistentMap[str, Job | None] = field(default_factory=PersistentMap[str, Job | None])
    attempts: PersistentMap[str, int] = field(default_factory=PersistentMap[str, int])
    failed: PersistentMap[str, Finished] = field(default_factory=PersistentMap[str, Finished])

    def after(self, event: Event) -> "Backlog":
        """The backlog after one more event."""
        match event:
            case Proposed(job):
                return replace(self, jobs=self.jobs.with_item(job.key, job))
            case Started(key, attempt):
                return replace(self, attempts=self.attempts.with_item(key, attempt))
            case Finished(outcome):
                return replace(self, jobs=self.jobs.with_item(outcome.job, None), failed=_failed(self.failed, event))
            case _:
                return self

    def unfinished(self) -> tuple[Job, ...]:
        """The jobs without an outcome, in the order of their proposals."""
        return tuple(job for job in self.jobs.values() if job is not None)

    def next_attempt(self, job: Job) -> int:
        """Number of the next attempt at a job, from 1."""
        return self.attempts.get(job.key, 0) + 1

    def lineage(self, job: Job, recorded: Callable[[str], Job | None]) -> tuple[Job, ...]:
        """The job with its ancestors, oldest first.

        Args:
            job: The job.
            recorded: Looks up a job in the record by its key, for ancestors that have ended.

        Raises:
            KeyError: An ancestor was never proposed, which is a bug in the controller.

        Example:
            >>> trunk = Job(stop=25)
            >>> branch = Job(start=25, stop=31, parent=trunk.key)
            >>> Backlog().after(Proposed(trunk, "bracket")).lineage(branch, {}.get) == (trunk, branch)
            True
        """
        line = [job]
        while (parent := line[0].parent) is not None:
            ancestor = self.jobs[parent] or recorded(parent)
            if ancestor is None:
                raise KeyError(parent)
            line.insert(0, ancestor)
        return tuple(line)


def _failed(before: PersistentMap[str, Finished], finished: Finished) -> PersistentMap[str, Finished]:
    outcome = finished.outcome
    if outcome.ending is not Ending.FAILED and outcome.job not in before:
        return before
    bare = Outcome(outcome.job, outcome.ending, failure=outcome.failure)
    return before.with_item(outcome.job, Finished(bare, finished.attempt))
