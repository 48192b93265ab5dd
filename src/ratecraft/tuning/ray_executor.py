"""Gives jobs to runs on a Ray cluster: every attempt is a plain task, and a thread of this process reads what it tells.

Path:   as `executor`; a job -> a task on some node -> its stream -> happenings, files, outcome.

Only this process writes the record and the study's folder. Attempts are fenced: the thread that reads an attempt's
stream gives it up for good when the worker or its node is lost, before a next attempt is begun; what an orphan still
tells or leaves behind then has no reader. A job in the user's own folder is performed here.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ratecraft.errors import RatecraftError, StudyError
from ratecraft.records.events import Finished
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Figure
from ratecraft.records.running import Passage, SeriesBlock
from ratecraft.records.storage.folder_archive import unpack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.tuning.executor import Assignment, SlotExecutor, StartRun
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.ray_cluster import Cluster, first_line
from ratecraft.tuning.ray_worker import Begun, Ended, Piece
from ratecraft.tuning.run_job import failures_as_outcome
from ratecraft.tuning.run_listener import RunListener

__all__ = ["RayExecutor", "Submit"]

_WAIT_SECONDS = 1.0  # for a word of an attempt, until it is asked whether its node still lives
_ARRIVING = "arriving-"  # begins the name of a folder of what comes home

Submit = Callable[[tuple[Job, ...], int], Any]
"""Begins the task of an attempt at the last of a lineage; gives the stream of what it tells."""


class RayExecutor(SlotExecutor):
    """An `Executor` whose scored jobs are runs from step 0 on the nodes of a cluster. A trunk is held, as in a replay.

    Args:
        start: Makes the runs of jobs in the user's own folder, on this machine.
        slots: How many jobs may be under way at a time; what the cluster has no room for waits there.
        cluster: The cluster.
        submit: Begins the task of an attempt.
        folder: The study's folder, which takes what runs leave behind.
    """

    def __init__(self, start: StartRun, slots: int, cluster: Cluster, submit: Submit, folder: StudyFolder) -> None:
        super().__init__(start, slots)
        self._cluster, self._submit, self._folder = cluster, submit, folder
        self._refusal: RatecraftError | None = None
        for half in folder.path.glob(f"{_ARRIVING}*"):  # of a driver that was killed
            shutil.rmtree(half, ignore_errors=True)

    def _holds(self, job: Job) -> bool:
        return job.evaluate is None

    def _perform(self, assignment: Assignment) -> Performance:
        if assignment.job.in_place:
            return self._replay(assignment)
        hearing = RunListener(assignment.job, assignment.attempt, self._queue.put)

        def act() -> Performance:
            stream = self._submit(assignment.lineage, assignment.attempt)
            attempt = self._open.admit(_Attempt(self._cluster, stream, hearing, self._folder))
            try:
                return attempt.read()
            except RatecraftError as error:
                self._refusal = self._refusal or error
                raise
            finally:
                self._open.close(attempt)

        return failures_as_outcome(act, hearing.told)

    def _settle(self, assignment: Assignment, run: Performance | None) -> Iterator[Finished]:
        """As any: but what makes a node unfit says nothing of the job, and stops the study.

        Raises:
            RatecraftError: Why nothing can be trained there.
        """
        if self._refusal is not None:
            raise self._refusal
        yield from super()._settle(assignment, run)


class _Attempt:
    """One attempt at a job, on some node: the one reader of what it tells.

    Args:
        cluster: Where it is.
        stream: Its batches.
        hearing: Hears what its run tells.
        folder: The study's folder.
    """

    def __init__(self, cluster: Cluster, stream: Any, hearing: RunListener, folder: StudyFolder) -> None:
        self._cluster, self._stream, self._hearing, self._folder = cluster, stream, hearing, folder
        self._errors = cluster.ray.exceptions
        self._node, self._has_ended = "", False
        self._archive = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the attempt

    def read(self) -> Performance:
        """Read it to its end, however it ends.

        Raises:
            InvalidInput: The node has other versions (`cluster-versions`), or it is not as a run needs it.
            ScriptFailed: What makes the task fails there.
            StudyError: The node cannot work (`node-failed`).
        """
        try:
            while self._is_there():
                if not self._cluster.ray.wait([self._stream], timeout=_WAIT_SECONDS)[0]:
                    continue
                for message in self._cluster.ray.get(next(self._stream)):
                    if isinstance(message, Ended):
                        self._has_ended = True
                        self._bring_home()
                        return replace(message.performance, told=self._hearing.told)
                    self._hear(message)
        except self._errors.OutOfMemoryError as error:
            return self._lost("out-of-memory", first_line(error))
        except self._errors.RayTaskError as error:  # not the run's own, which is told: this is how it got no further
            match error.cause:
                case RatecraftError() as cause:
                    raise cause from error
                case self._errors.RayError() as cause:  # what it was sent has been lost with a node
                    return self._lost(type(cause).__name__, first_line(cause))
                case cause:
                    raise self._unfit(cause) from error
        except self._errors.TaskUnschedulableError as error:
            raise self._unfit(error) from error
        except (self._errors.RayError, StopIteration) as error:
            return self._lost(type(error).__name__, "")
        return self._lost("NodeDiedError", "")

    def close(self) -> None:
        """End it: its worker ends at once, and with it the run. The worker of one that has ended takes the next."""
        if not self._has_ended:
            with contextlib.suppress(self._errors.RayError, ValueError):
                self._cluster.ray.cancel(self._stream, force=True)
        self._archive.close()

    def _unfit(self, error: Exception) -> StudyError:
        return StudyError("node-failed", node=self._cluster.address(self._node), reason=first_line(error))

    def _is_there(self) -> bool:
        return not self._node or self._cluster.lives(self._node)

    def _hear(self, message: Any) -> None:
        match message:
            case Begun(node, versions):
                self._node = node
                self._cluster.check(node, versions)
            case SeriesBlock():
                self._hearing.block(message)
            case Figure():
                self._hearing.figure(message)
            case Piece(content):
                self._archive.write(content)
            case _:
                self._hearing.line(message)

    def _bring_home(self) -> None:
        """Put what the run left behind where one on this machine would have left it.

        A log and a model take their place beside others; any other folder is whole, and takes the place of an earlier
        attempt's.
        """
        self._archive.seek(0)
        with tempfile.TemporaryDirectory(dir=self._folder.path, prefix=_ARRIVING) as place:
            unpack(self._archive, Path(place))
            # The record is a file: no archive may take its place.
            for come in sorted(path for path in Path(place).iterdir() if path.is_dir()):
                if come.name in (self._folder.logs.name, self._folder.models.name):
                    home = self._folder.path / come.name
                    home.mkdir(exist_ok=True)
                    for file in come.iterdir():
                        file.replace(home / file.name)
                    continue
                home = self._folder.path / come.name
                shutil.rmtree(home, ignore_errors=True)
                come.rename(home)

    def _lost(self, name: str, message: str) -> Performance:
        """It was ended from outside, which says nothing of the job: it is tried again."""
        return self._failed(Failure("killed", name, message))

    def _failed(self, failure: Failure) -> Performance:
        told = self._hearing.told
        reached = len(told.of("loss"))
        return Performance(told, Passage(reached, Ending.FAILED, reached, failure=failure))
