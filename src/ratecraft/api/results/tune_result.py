"""What `tune()` returns: a finished study to look at, to print, and to train on with.

Path:   `Summary`, and of a task the weights or states that its runs left -> the user, a terminal, a notebook.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ratecraft.api.results.attaching import attached, schedules_of
from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.studies.state_study import StateStudy
from ratecraft.api.studies.task_study import TaskStudy
from ratecraft.errors import NoAnswer
from ratecraft.records.answer import RunResult, Verdict
from ratecraft.reporting.results.summary import Summary
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule

if TYPE_CHECKING:  # a script's result needs no torch
    from ratecraft.training.instrument.schedule_lr import ScheduleLR
    from ratecraft.training.observing.checked_arguments import Model
    from ratecraft.training.tasks.kept_states import States
    from ratecraft.training.tasks.state_run import KeptState
    from ratecraft.training.tasks.task import Task


@dataclass(frozen=True, repr=False)
class TuneResult(StudyResult):
    """A tuned training. `print(result)` prints the end screen; a notebook displays it.

    Attributes:
        summary: Everything that is reported about the study.
    """

    @property
    def verdict(self) -> Verdict:
        """`gain`, `no-gain`, `not-compared` (no baseline), `saturated`, `no-information` or `not-repeatable`."""
        return self.answer.verdict

    @property
    def rate(self) -> float | None:
        """Peak rate of the leading group; None where there is no information."""
        return self.answer.rate

    @property
    def schedule(self) -> Schedule | None:
        """Absolute rates of the leading group at each step of the run; None if the study found no rate."""
        return self.answer.schedules.get("rate")

    @property
    def schedules(self) -> ScheduleSet | None:
        """All schedules that the run follows, the rate's among them; None if the study found no rate."""
        return ScheduleSet(self.answer.schedules) if self.answer.schedules else None

    @property
    def code(self) -> str:
        """The schedule as PyTorch code without a ratecraft import; empty if there is none."""
        return self.summary.code

    @property
    def baseline(self) -> RunResult | None:
        """Outcome of the unmodified training; None if it was not run."""
        return self.answer.baseline

    @property
    def tuned(self) -> RunResult | None:
        """Outcome of the final run; None if there was none."""
        return self.answer.tuned

    @cached_property
    def model(self) -> "Model":
        """The best validated model of a task's study; where nothing was validated, that of the final run.

        Raises:
            NoAnswer: A script keeps its own (`script-keeps-model`), or the study has kept none (`no-model`).
        """
        raise NoAnswer("script-keeps-model")

    @cached_property
    def final_model(self) -> "Model":
        """The model of a task at the end of the final run.

        Raises:
            NoAnswer: A script keeps its model itself (`script-keeps-model`), or there was no final run (`no-model`).
        """
        raise NoAnswer("script-keeps-model")

    def attach(self, optimizer: Any, number: int = 0) -> "ScheduleLR":
        """Apply the schedules to an optimizer with the same parameter groups, from its step 0 on.

        Args:
            optimizer: A torch optimizer. Its groups get the values of step 0 at once.
            number: In a training with several optimizers, the number of this one, from 0, in the order of creation.

        Returns:
            A torch scheduler: call its `step()` after every `optimizer.step()`.

        Raises:
            NoAnswer: There is no schedule (`no-schedule`).
            InvalidInput: The optimizer has another number of groups, or lacks what has a schedule; or there are not so
                many.
        """
        return attached(schedules_of(self.answer), self.answer, optimizer, number)

    def __repr__(self) -> str:
        rate = "" if self.rate is None else f", rate {self.rate:.3g}"
        tuned = "" if self.tuned is None else f", {self.answer.metric.name} {self.tuned.final:.4g}"
        return f"{type(self).__name__}({self.verdict}{rate}{tuned})"


@dataclass(frozen=True, repr=False)
class TaskResult(TuneResult):
    """A tuned task, with the models that it has trained: copies, in evaluation mode, on the task's own device."""

    _task: "Task"
    _best: "States | None"
    _final: "States | None"

    @cached_property
    def model(self) -> "Model":
        """The best validated model of the study; where nothing was validated, that of the final run.

        Raises:
            NoAnswer: The study has kept none (`no-model`).
        """
        return self._model_of(self._best)

    @cached_property
    def final_model(self) -> "Model":
        """The model at the end of the final run.

        Raises:
            NoAnswer: There was no final run (`no-model`).
        """
        return self._model_of(self._final)

    def _model_of(self, states: "States | None") -> "Model":
        from ratecraft.training.tasks.kept_states import trained_model

        if states is None:
            raise NoAnswer("no-model", verdict=self.verdict)
        return trained_model(self._task.model, states)


def task_result(study: TaskStudy, summary: Summary) -> TaskResult:
    """The result of a task's study. The weights are read now, so the files may change later.

    Raises:
        OSError: A file of weights cannot be read.
    """
    from ratecraft.training.tasks.kept_states import read_states

    final = study.folder.models / f"{summary.answer.final_job}.pt"
    best = read_states(study.directory / summary.model) if summary.model else None
    return TaskResult(summary, study.task, best, read_states(final) if final.is_file() else None)


@dataclass(frozen=True, repr=False)
class StateResult(TuneResult):
    """A tuned state task, with the states that it has reached."""

    _kept: "KeptState | None"

    @cached_property
    def state(self) -> Any:
        """The best validated state of the final run; where nothing was validated, its last one.

        Raises:
            NoAnswer: This process has none (`no-state`).
        """
        kept = self._left()
        return kept.final if kept.best is None else kept.best

    @cached_property
    def final_state(self) -> Any:
        """The state at the end of the final run.

        Raises:
            NoAnswer: This process has none (`no-state`).
        """
        return self._left().final

    def _left(self) -> "KeptState":
        if self._kept is None:
            raise NoAnswer("no-state", verdict=self.verdict)
        return self._kept


def state_result(study: StateStudy, summary: Summary) -> StateResult:
    """The result of a study, with what its final run left in this process."""
    return StateResult(summary, study.kept.get(summary.answer.final_job))
