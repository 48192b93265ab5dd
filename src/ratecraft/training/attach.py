"""A schedule on the user's own optimizer: a torch scheduler whose rate at step t is the schedule's, to the last bit.

Path:   a schedule and the ratios of groups -> the rates of an optimizer's groups, one step after another.
Units:  a schedule gives the absolute rate of the leading group; a group has it times its ratio.

Nothing accumulates: the state is the schedule, the ratios and the step, and a rate is computed from these alone.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import finite_number, whole_number
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.spec import from_json, to_json

__all__ = ["AttachedSchedule", "attach"]


def attach(schedule: Schedule, optimizer: Optimizer, ratios: Sequence[float] = (1.0,)) -> "AttachedSchedule":
    """Let a schedule lead an optimizer from its step 0 on, in place of any other scheduler.

    Args:
        schedule: Bound to the horizon.
        optimizer: Its groups get the rate of step 0 at once.
        ratios: Each group's rate as a multiple of the leading one's; one for all of them is enough.

    Returns:
        A torch scheduler: call its `step()` after every `optimizer.step()`.

    Raises:
        InvalidInput: The schedule is not bound, or there are not as many ratios as groups.

    Example:
        >>> import torch
        >>> from ratecraft.schedules.constructors import linear
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        >>> scheduler = attach(linear(0.4, 0, 4), optimizer)
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> optimizer.param_groups[0]["lr"] == linear(0.4, 0, 4).at(3)
        True
    """
    return AttachedSchedule(schedule, optimizer, ratios)


class AttachedSchedule(LRScheduler):
    """A `LRScheduler` like any of torch's; made by `attach`."""

    def __init__(self, schedule: Schedule, optimizer: Optimizer, ratios: Sequence[float] = (1.0,)) -> None:
        factors = [finite_number("ratios", ratio) for ratio in ratios]
        groups = len(optimizer.param_groups)
        if len(factors) not in (1, groups):
            raise InvalidInput("attach-groups", ratios=len(factors), groups=groups)
        self.schedule = schedule
        self.ratios = factors if len(factors) == groups else factors * groups
        super().__init__(optimizer)

    def get_lr(self) -> list[Any]:
        """The rates of this step."""
        rate = self.schedule.at(self.last_epoch)
        return [rate * ratio for ratio in self.ratios]

    def state_dict(self) -> dict[str, Any]:
        """Schedule, ratios and step as plain values."""
        return {"schedule": to_json(self.schedule), "ratios": list(self.ratios), "step": self.last_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Be at the step of a state, with its schedule; the optimizer's groups get their rates at once.

        Raises:
            InvalidInput: It is no state of an attached schedule, or of one with another number of groups.
        """
        if not {"schedule", "ratios", "step"} <= state_dict.keys():
            raise InvalidInput("attach-state", given=", ".join(state_dict))
        groups = self.optimizer.param_groups
        if len(state_dict["ratios"]) != len(groups):
            raise InvalidInput("attach-groups", ratios=len(state_dict["ratios"]), groups=len(groups))
        self.schedule = from_json(state_dict["schedule"])
        self.ratios = [finite_number("ratios", ratio) for ratio in state_dict["ratios"]]
        self.last_epoch = whole_number("step", state_dict["step"])
        for group, rate in zip(groups, self.get_lr(), strict=True):
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        self._last_lr = self.get_lr()
