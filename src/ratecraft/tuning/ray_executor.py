"""Gives jobs to runs on a Ray cluster: every attempt is a plain task, whose stream a thread of this process reads.

Path:   as in `executor`; a job -> a task on some node -> its stream -> happenings, files, outcome.

Only this process writes the record and the study's folder. Attempts are fenced: when a worker or its node is lost, the
thread that reads its stream gives the stream up for good before the next attempt begins, so that nothing reads what an
orphan still reports or leaves behind. A job in the user's own folder is performed on this machine.
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

_WAIT_SECONDS = 1.0  # seconds without a message from an attempt after which its node is checked
_ARRIVING = "arriving-"  # prefix of the folders into which files are brought home

Submit = Callable[[tuple[Job, ...], int], Any]
"""Begins the task of an attempt at the last job of a lineage; returns the stream of its messages."""


class RayExecutor(SlotExecutor):
    """An `Executor` that runs scored jobs from step 0 on the nodes of a cluster. Trunks are held, as in a replay.

    Args:
        start: Makes the runs of jobs in the user's own folder, on this machine.
        slots: How many jobs may be under way at a time; those that the cluster has no room for wait there.
        cluster: The cluster.
        submit: Begins the task of an attempt.
        folder: The study's folder, to which the files of runs are brought.
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
        """As in any executor, except that an unfit node is no fault of the job and stops the study.

        Raises:
            RatecraftError: Nothing can be trained on the node, and why.
        """
        if self._refusal is not None:
            raise self._refusal
        yield from super()._settle(assignment, run)


class _Attempt:
    """One attempt at a job on some node, and the only reader of its stream.

    Args:
        cluster: The cluster.
        stream: Batches of its messages.
        hearing: Receives what its run reports.
        folder: The study's folder.
    """

    def __init__(self, cluster: Cluster, stream: Any, hearing: RunListener, folder: StudyFolder) -> None:
        self._cluster, self._stream, self._hearing, self._folder = cluster, stream, hearing, folder
        self._errors = cluster.ray.exceptions
        self._node, self._has_ended = "", False
        self._archive = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the attempt

    def read(self) -> Performance:
        """Read the stream to its end, however that comes.

        Raises:
            InvalidInput: The node has other versions (`cluster-versions`), or it does not meet the needs of the run.
            ScriptFailed: The code that makes the task fails there.
            StudyError: The node cannot work (`node-failed`).
        """
        try:
            while not self._node or self._cluster.lives(self._node):
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
        except self._errors.RayTaskError as error:  # not the run's own, which is reported otherwise
            match error.cause:
                case RatecraftError() as cause:
                    raise cause from error
                case self._errors.RayError() as cause:  # what it was sent was lost with a node
                    return self._lost(type(cause).__name__, first_line(cause))
                case cause:
                    raise self._unfit(cause) from error
        except self._errors.TaskUnschedulableError as error:
            raise self._unfit(error) from error
        except (self._errors.RayError, StopIteration) as error:
            return self._lost(type(error).__name__, "")
        return self._lost("NodeDiedError", "")

    def close(self) -> None:
        """End the attempt, at once with its worker and its run. If it ended by itself, its worker takes the next."""
        if not self._has_ended:
            with contextlib.suppress(self._errors.RayError, ValueError):
                self._cluster.ray.cancel(self._stream, force=True)
        self._archive.close()

    def _unfit(self, error: Exception) -> StudyError:
        return StudyError("node-failed", node=self._cluster.address(self._node), reason=first_line(error))

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
        """Put the files that the run left behind where a run on this machine would have left them.

        A log and a model are added beside others; any other folder is complete, and replaces that of an earlier
        attempt.
        """
        self._archive.seek(0)
        with tempfile.TemporaryDirectory(dir=self._folder.path, prefix=_ARRIVING) as place:
            unpack(self._archive, Path(place))
            # The record is a file: no archive may replace it.
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
        """The attempt was ended from outside, which is no fault of the job: it is tried again."""
        return self._failed(Failure("killed", name, message))

    def _failed(self, failure: Failure) -> Performance:
        told = self._hearing.told
        reached = len(told.of("loss"))
        return Performance(told, Passage(reached, Ending.FAILED, reached, failure=failure))
