"""Attaches the schedules of an answer to the user's own optimizer.

Path:   the answer of a study -> a torch scheduler.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ratecraft.errors import NoAnswer
from ratecraft.records.answer import Answer
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.trees.nodes import Schedule

if TYPE_CHECKING:  # a script's result needs no torch
    from ratecraft.training.instrument.group_values import GroupLead
    from ratecraft.training.instrument.schedule_lr import ScheduleLR


def schedules_of(answer: Answer) -> Mapping[str, Schedule]:
    """The schedules of an answer by what they are of.

    Raises:
        NoAnswer: There are none (`no-schedule`).
    """
    if not answer.schedules:
        raise NoAnswer("no-schedule", verdict=answer.verdict)
    return answer.schedules


def attached(schedules: Mapping[str, Schedule], answer: Answer, optimizer: Any, number: int = 0) -> "ScheduleLR":
    """A scheduler that leads an optimizer by schedules, its groups in the ratio that the study's training had.

    Args:
        schedules: Absolute values of the leading group.
        answer: Answer of the study that they are from.
        optimizer: A torch optimizer. Its groups get the values of step 0 at once.
        number: In a training with several optimizers, the number of this one, from 0, in the order of creation.

    Raises:
        InvalidInput: The optimizer has another number of groups, or lacks what has a schedule; or there are not so
            many.
    """
    from ratecraft.training.instrument.schedule_lr import ScheduleLR

    return ScheduleLR(optimizer, schedules, _ratios_of(answer, number))


def leader_of(
    schedules: Mapping[str, Schedule], answer: Answer, optimizer: Any, number: int = 0
) -> "ScheduleLR | GroupLead":
    """What writes the values of a step into an optimizer, torch's or that of a framework; else as `attached`."""
    from ratecraft.training.instrument.schedule_lr import leader

    return leader(optimizer, schedules, _ratios_of(answer, number))


def _ratios_of(answer: Answer, number: int) -> Sequence[float]:
    optimizers = answer.optimizers
    at = whole_number("number", number, most=max(len(optimizers) - 1, 0))
    return [group.ratio for group in optimizers[at]] if len(optimizers) > 1 else answer.ratios
