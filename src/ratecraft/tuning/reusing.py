"""Gives an executor only the jobs that no earlier study has run; the others are answered at once.

Path:   a job -> its outcome in another study, if that fits -> `Finished` at no cost; else -> the executor.

A known trunk waits for the first job that branches off it. If that one is known too, neither is run; if not, the trunk
is run as a job of this study, since a branch needs its process and not its losses. For a later branch, a known trunk is
as after a resume: finished, and to be trained again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Note, RunFacts
from ratecraft.records.running import Executor, Happening


@dataclass(frozen=True, slots=True)
class _Known:
    """A job that another study has run, as it was submitted."""

    lineage: tuple[Job, ...]
    attempt: int
    finished: Finished


class ReusingExecutor:
    """An `Executor` in front of another one.

    Args:
        executor: Runs the other jobs.
        known: Looks up the outcome of a job in an earlier study; None if it has to be run.
        learn: Takes in the facts of a run, as if it had been run here.
    """

    def __init__(
        self,
        executor: Executor,
        known: Callable[[Job], Finished | None],
        learn: Callable[[RunFacts, Sequence[Note]], object],
    ) -> None:
        self._executor, self._known, self._learn = executor, known, learn
        self._trunks: dict[str, _Known] = {}
        self._answers: list[_Known] = []
        self._under_way: set[str] = set()

    @property
    def free(self) -> int:
        """How many more scored jobs may be under way; one whose answer was not read yet counts as one."""
        scored = sum(answer.lineage[-1].evaluate is not None for answer in self._answers)
        return max(0, self._executor.free - scored)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._executor.idle and not self._answers

    def submit(self, lineage: tuple[Job, ...], attempt: int) -> None:
        """Take a job; see `Executor.submit`."""
        *ancestors, job = lineage
        # A trunk that is run may have to wait for its branch; that one is then run as well, known or not.
        is_awaited = any(trunk.key in self._under_way for trunk in ancestors)
        finished = None if is_awaited else self._known(job)
        if finished is not None and job.evaluate is None:
            self._trunks[job.key] = _Known(lineage, attempt, finished)
            return
        left = [self._trunks.pop(trunk.key) for trunk in ancestors if trunk.key in self._trunks]
        if finished is not None:
            self._answers += [*left, _Known(lineage, attempt, finished)]
            return
        for trunk in left:
            self._run(trunk.lineage, trunk.attempt)
        self._run(lineage, attempt)

    def _run(self, lineage: tuple[Job, ...], attempt: int) -> None:
        self._under_way.add(lineage[-1].key)
        self._executor.submit(lineage, attempt)

    def begin(self) -> Iterator[Started]:
        """Begin the jobs whose turn it is; a known trunk without branches is answered now."""
        self._answers += self._trunks.values()
        self._trunks.clear()
        yield from self._executor.begin()

    def happenings(self, timeout: float) -> Iterator[Happening]:
        """All happenings since the last call; does not wait if there are answers."""
        answers, self._answers = self._answers, []
        for answer in answers:
            self._learn(answer.finished.outcome.facts, answer.finished.outcome.notes)
            yield answer.finished
        for happening in self._executor.happenings(0 if answers else timeout):
            if isinstance(happening, Finished):
                self._under_way.discard(happening.outcome.job)
            yield happening

    def close(self) -> None:
        """End every run at once."""
        self._executor.close()
