"""What `tune()` gives of a `StateTask`: a finished study, and the states that its final run has reached.

Path:   `Summary`, and what runs left in this process -> the user.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ratecraft.api.results.tune_result import TuneResult
from ratecraft.api.studies.state_study import StateStudy
from ratecraft.errors import NoAnswer
from ratecraft.reporting.results.summary import Summary

if TYPE_CHECKING:
    from ratecraft.training.tasks.state_run import KeptState

__all__ = ["StateResult", "state_result"]


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
