"""What the events of a study say of its jobs: which were proposed, how often each was tried, which are open.

Path:   events, recorded or new -> `Backlog` -> the driver.
"""

from dataclasses import dataclass, field, replace

from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.versions import Versioned

__all__ = ["Backlog"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """A fold over events; a value.

    Attributes:
        jobs: Key to job, in the order of the proposals.
        attempts: Key to the number of the latest attempt; jobs never tried are not in it.
        finished: Key to the latest finish, in the order of the first ones.
    """

    jobs: Versioned[str, Job] = field(default_factory=Versioned[str, Job])
    attempts: Versioned[str, int] = field(default_factory=Versioned[str, int])
    finished: Versioned[str, Finished] = field(default_factory=Versioned[str, Finished])

    def after(self, event: Event) -> "Backlog":
        """The backlog after one more event."""
        match event:
            case Proposed(job):
                return replace(self, jobs=self.jobs.having(job.key, job))
            case Started(key, attempt):
                return replace(self, attempts=self.attempts.having(key, attempt))
            case Finished(outcome):
                return replace(self, finished=self.finished.having(outcome.job, event))
            case _:
                return self

    def unfinished(self) -> tuple[Job, ...]:
        """The jobs without an outcome, in the order of their proposals."""
        return tuple(job for key, job in self.jobs.items() if key not in self.finished)

    def next_attempt(self, job: Job) -> int:
        """Number of the next attempt at a job; 1 where it was never tried."""
        return self.attempts.get(job.key, 0) + 1

    def lineage(self, job: Job) -> tuple[Job, ...]:
        """The job with its ancestors, oldest first.

        Raises:
            KeyError: An ancestor was never proposed: a defect of the controller.

        Example:
            >>> trunk = Job(stop=25)
            >>> branch = Job(start=25, stop=31, parent=trunk.key)
            >>> Backlog().after(Proposed(trunk, "bracket")).lineage(branch) == (trunk, branch)
            True
        """
        line = [job]
        while line[0].parent is not None:
            line.insert(0, self.jobs[line[0].parent])
        return tuple(line)
