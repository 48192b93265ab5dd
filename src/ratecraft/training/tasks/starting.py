"""Starts the runs of a task for an executor: all in this process, one at a time.

Path:   an executor asks for the run of a job -> a `TaskRun`; a study's end -> the states that its runs left.
"""

from pathlib import Path
from typing import ClassVar

from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric, choose_metric
from ratecraft.records.running import Listener
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.kept_states import KeptStates
from ratecraft.training.tasks.proving import prove
from ratecraft.training.tasks.run import TaskRun, begin_run
from ratecraft.training.tasks.task import Task


class TaskStarter:
    """Makes a run of one task for any job (a `tuning.executor.StartRun`).

    Args:
        task: The task. One loss and one validation are computed on a copy, so that what cannot work is said at once.
        folder: Takes the states that runs leave; None keeps them in memory.
        metric: The figure that the user asked for.
        threads: Threads of torch while a run acts; None leaves them.
        head: The head of the model as the user told it, empty to look for it; None if the model is one.

    Attributes:
        slots: Number of runs that may act at a time.
        kept: The states that runs left; an outcome's `model` says where.
        metric: The figure that tells the best state; None if the task has none.

    Raises:
        InvalidInput: The task's functions do not give what they must, something of it cannot be copied, or the metric
            is not one of its figures.
        ScriptFailed: One of them raises.
    """

    slots: ClassVar[int] = 1

    def __init__(
        self,
        task: Task,
        *,
        folder: Path | None = None,
        metric: Metric | None = None,
        threads: int | None = None,
        head: str | None = None,
    ) -> None:
        self.kept = KeptStates(folder)
        self._engine = Engine(task, threads, head)
        figures = prove(self._engine)
        if metric is not None and metric.source == "validation" and metric.name not in figures:
            raise InvalidInput("task-metric", metric=metric.name, seen=", ".join(figures) or "–")
        self.metric = metric or choose_metric(figures)

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> TaskRun:
        """A fresh run for this attempt at the job."""
        metric = self.metric
        best_by = None if metric is None else Evaluate("natural", metric.name, direction=metric.direction)
        return begin_run(self._engine, job.seed, listener, kept=self.kept, best_by=best_by)

    def wait(self) -> None:
        """Return once no run is at work: from then on nothing of the process is other than the user left it."""
        self._engine.wait()
