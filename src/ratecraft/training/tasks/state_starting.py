"""Starts the runs of a `StateTask` for an executor, in this process, and identifies such a task.

Path:   an executor asks for the run of a job -> a `StateRun`; a study's end -> the states that its runs left.
"""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from ratecraft.errors import InvalidInput, RatecraftError, ScriptFailed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric, choose_metric
from ratecraft.records.running import Listener
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.tasks.failures import failure_of
from ratecraft.training.tasks.lasting_hash import code_of, lasting_hash
from ratecraft.training.tasks.named_figures import named_figures
from ratecraft.training.tasks.state_run import KeptState, StateRun, number_of
from ratecraft.training.tasks.state_task import StateTask


class StateStarter:
    """Makes a run of one task for any job (a `tuning.executor.StartRun`).

    Args:
        task: The task. The untrained state is validated, so that what cannot work is said at once.
        kept: Takes the states that runs to their end leave, by the key of their job.
        metric: The figure that the user asked for.

    Attributes:
        slots: Number of runs that may act at a time.

    Raises:
        InvalidInput: The metric is not one of the task's figures, or they are not numbers.
        ScriptFailed: One of the task's functions raises.
    """

    slots: ClassVar[int] = 1

    def __init__(self, task: StateTask, kept: dict[str, KeptState], metric: Metric | None = None) -> None:
        self._task, self._kept = task, kept
        figures = _tried(lambda: _figures(task))
        if metric is not None and metric.source == "validation" and metric.name not in figures:
            raise InvalidInput("task-metric", metric=metric.name, seen=", ".join(figures) or "–")
        self._metric = metric or choose_metric(figures)

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> StateRun:
        """A fresh run for this attempt at the job."""
        metric = self._metric
        best_by = None if metric is None else Evaluate("natural", metric.name, direction=metric.direction)
        return StateRun(self._task, listener, self._kept, self._task.init(job.seed), Figures(best_by=best_by))


def _figures(task: StateTask) -> Mapping[str, float]:
    return {} if task.evaluate is None else named_figures(task.evaluate, task.evaluate(task.init(0)))


def state_fingerprint(task: StateTask, seed: int = 0) -> Mapping[str, str]:
    """The parts of a task, by name, equal in every process; a step of a run is made and dropped.

    Raises:
        InvalidInput: The loss is not one number (`state-task-loss`), or `update` gives no pair (`state-task-pair`).
        ScriptFailed: One of the task's functions raises.
    """
    functions = {"init": task.init, "update": task.update, "evaluate": task.evaluate}
    own = {"rate": task.rate, "steps": task.steps, "batch_size": task.batch_size, "every": task.evaluate_every}
    return {
        **{name: _code(function) for name, function in functions.items() if function is not None},
        "data": _code(task.data) if callable(task.data) else f"{len(task.data)} batches",
        "first loss": f"{_tried(lambda: _first_loss(task, seed)):.4g}",
        **{name: str(value) for name, value in own.items() if value is not None},
    }


def _first_loss(task: StateTask, seed: int) -> float:
    made: Any = task.update(task.init(seed), task.batch(0), task.own_rate(0))
    if not isinstance(made, tuple) or len(made) != 2:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidInput("state-task-pair", given=type(made).__name__)  # pyright: ignore[reportUnknownArgumentType]
    return number_of(made[1])  # pyright: ignore[reportUnknownArgumentType]


def _code(function: Any) -> str:
    plain = inspect.unwrap(function)  # within what a compiler has put around it
    return f"{getattr(plain, '__name__', type(plain).__name__)} {lasting_hash(code_of(plain))}"


def _tried(act: Any) -> Any:
    """What a function of the user's gives.

    Raises:
        ScriptFailed: It raises.
    """
    try:
        return act()
    except RatecraftError:
        raise
    except Exception as error:
        failure = failure_of(error)
        values = {"name": failure.name, "text": failure.message, "traceback": failure.traceback}
        raise ScriptFailed("task-raises", **values) from error
