"""What a tuned task gives back: a trained model, the schedule that it was trained with, and that schedule for others.

Path:   a task, the answer's schedule, the states that its final run left -> `TunedTask`.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer

from ratecraft.schedules.nodes import Schedule
from ratecraft.training.attach import AttachedSchedule, attach
from ratecraft.training.kept_states import KeptStates, States, load_into
from ratecraft.training.task import Task

__all__ = ["TunedTask", "tuned_task"]


@dataclass(frozen=True, slots=True, eq=False)
class TunedTask:
    """The result of tuning a task.

    Attributes:
        model: A copy of the task's, in evaluation mode, with the weights of the best validation; with the last ones
            where nothing was validated. The task's own model is as it was.
        schedule: Absolute rates of the leading group, over the steps of the run.
        ratios: Rate of each parameter group as a multiple of the leading one's, in the optimizer's order.
        last: The state at the end of the final run, `{class name: state dict}`.
        best: The best validated state; None where nothing was validated.
    """

    model: nn.Module
    schedule: Schedule
    ratios: tuple[float, ...]
    last: States
    best: States | None = None

    def attach(self, optimizer: Optimizer) -> AttachedSchedule:
        """Lead an optimizer of the same groups by the schedule; call the result's `step()` after every step of it.

        Raises:
            InvalidInput: The optimizer has another number of groups.
        """
        return attach(self.schedule, optimizer, self.ratios)


def tuned_task(
    task: Task, schedule: Schedule, ratios: Sequence[float], kept: KeptStates, final: str, better: str = ""
) -> TunedTask:
    """The result of a study.

    Args:
        task: What was tuned.
        schedule: The answer's, bound.
        ratios: Of its groups.
        kept: Where runs left their states.
        final: What the final run's states are found by (its outcome's `model`).
        better: The same of a probe whose validation is better than any of the final run; empty where there is none.

    Raises:
        KeyError: A state is in memory no more.
        OSError: A file of one cannot be read.
    """
    last, of_final = kept.load(final), kept.best_of(final)
    found_by = better or (of_final if kept.has(of_final) else "")
    best = kept.load(found_by) if found_by else None
    model = copy.deepcopy(task.model)
    load_into(model, best or last)
    return TunedTask(model.eval(), schedule, tuple(ratios), last, best)
