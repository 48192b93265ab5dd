"""Schedules for the user's own optimizer: a torch scheduler that gives exactly the schedule's value at step t.

Path:   schedules -> the groups of an optimizer, one step after another; checkpoints hold plain values.
Units:  steps are calls of `optimizer.step`, from 0; `rate` is a factor of each group's base rate.

Nothing accumulates: the state is the schedules, the base rates and the step, and values are computed from these alone.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.errors import InvalidInput
from ratecraft.schedules.groups import GroupSchedule
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.group_values import GroupLead, GroupValues, per_group


class ScheduleLR(LRScheduler):
    """A `LRScheduler` like any of torch's: call its `step()` after every `optimizer.step()`.

    It works inside `SequentialLR`, as Lightning's `lr_scheduler` (with the interval `step`) and as the second of
    `Trainer(optimizers=...)`. A group that is added later joins at the next `step()`; its own rate is its base rate.

    Attributes:
        base_rates: Each group's rate where the schedule is 1.
        last_epoch: The step whose values the groups have. The name is torch's.

    Example:
        >>> import torch
        >>> from ratecraft.schedules.builders.constructors import linear
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        >>> scheduler = ScheduleLR(optimizer, linear(1, 0, 4))
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedules: Schedule | GroupSchedule | Mapping[str, Schedule],
        base_rates: Sequence[float] | None = None,
    ) -> None:
        """Write the values of step 0.

        Args:
            optimizer: The optimizer whose groups get the values.
            schedules: One for the rates, or several by name, as in a `ScheduleSet`: `rate`, `momentum` (the first of
                `betas` where the optimizer has those), `beta2`, or any other entry of the groups. Bound to a horizon.
            base_rates: What the schedule is multiplied by; one is enough for all. With 1.0 the schedule is the
                rate itself. Default: the rates that the optimizer was made with, as with torch's own schedulers.

        Raises:
            InvalidInput: A schedule isn't bound, the groups have no such entry, or there are not as many base rates
                as groups.
        """
        named: dict[str, Schedule] = dict(schedules) if isinstance(schedules, Mapping) else {}
        others = {name: schedule for name, schedule in named.items() if name != "rate"}
        rate = named.get("rate") if isinstance(schedules, Mapping) else schedules
        if rate is None and not others:
            raise InvalidInput("attach-nothing")
        grouped = GroupSchedule(rate) if isinstance(rate, Schedule) else rate
        self._values = GroupValues(grouped, others, optimizer.param_groups)
        self._plain = {name: to_json(schedule) for name, schedule in others.items()} | _plain_rate(grouped)
        self.base_rates: list[float] = []
        if base_rates is not None:
            self.base_rates = per_group(base_rates, len(optimizer.param_groups))
        self.optimizer = optimizer
        self._join()
        super().__init__(optimizer)

    def step(self, epoch: int | None = None) -> None:
        """Write the values of the next step; or, with `epoch`, those of that step."""
        if epoch is not None:
            self.go_to(epoch)
        elif self._step_count < 2:  # torch checks the order of the first calls, counts them, and writes only rates
            super().step()
            self.write()
        else:
            self.last_epoch = step = self.last_epoch + 1
            groups = self.optimizer.param_groups
            if len(groups) != len(self.base_rates):
                self._join()
            self._values.write(groups, self.base_rates, step)

    def go_to(self, step: int) -> None:
        """Go to a step; the groups get its values at once.

        Args:
            step: Number of steps that the optimizer has made.

        Raises:
            InvalidInput: Not a whole number, or negative.
        """
        self.last_epoch = whole_number("step", step)
        self.write()

    def write(self) -> None:
        """Write the values of this step again, after a group was added or something else has changed them."""
        self._join()
        self._values.write(self.optimizer.param_groups, self.base_rates, self.last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates of this step."""
        self._join()
        return self._values.rates(self.base_rates, self.last_epoch)

    def get_last_lr(self) -> list[Any]:
        """The rates that the groups have, as numbers or as copies of tensors."""
        rates = (group["lr"] for group in self.optimizer.param_groups)
        return [rate.clone() if isinstance(rate, torch.Tensor) else rate for rate in rates]

    def state_dict(self) -> dict[str, Any]:
        """Schedules, base rates and step as plain values, and whether the groups have these values now.

        They do not if another scheduler has written last, as in a `SequentialLR`.
        """
        return {
            "schedules": copy.deepcopy(self._plain),
            "base_rates": list(self.base_rates),
            "step": self.last_epoch,
            "in_force": self._in_force(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state; the optimizer's own state may be loaded before or after.

        Raises:
            InvalidInput: Not a state of a `ScheduleLR`, or one of other schedules or another number of groups.
        """
        if not {"schedules", "base_rates", "step", "in_force"} <= state_dict.keys():
            raise InvalidInput("attach-state", given=", ".join(state_dict))
        saved = state_dict["schedules"]
        for name in [*saved, *self._plain]:
            if saved.get(name) != self._plain.get(name):
                own, other = _shown(self._plain.get(name)), _shown(saved.get(name))
                raise InvalidInput("attach-other-schedule", name=name, given=own, saved=other)
        self.base_rates = per_group(state_dict["base_rates"], len(self.optimizer.param_groups))
        if state_dict["step"] < 0:  # a member of a `SequentialLR` whose turn has not come
            self.last_epoch = -1
            return
        self.last_epoch = whole_number("step", state_dict["step"])
        self._step_count = self.last_epoch + 1
        if state_dict["in_force"]:
            self.write()

    def _in_force(self) -> bool:
        if self.last_epoch < 0:
            return False
        groups = self.optimizer.param_groups[: len(self.base_rates)]
        pairs = zip(groups, self._values.rates(self.base_rates, self.last_epoch), strict=True)
        return all(_same(group["lr"], rate) for group, rate in pairs)

    def _join(self) -> None:
        """Groups that were added since take part, too."""
        for group in self.optimizer.param_groups[len(self.base_rates) :]:
            base = float(group.get("initial_lr", group["lr"]))
            group.setdefault("initial_lr", base)
            self.base_rates.append(base)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.go_to(self.last_epoch + 1 if epoch is None else epoch)


def leader(optimizer: Any, schedules: Mapping[str, Schedule], ratios: Sequence[float]) -> ScheduleLR | GroupLead:
    """What writes the values of a step into an optimizer, torch's or that of a framework.

    Raises:
        InvalidInput: The optimizer has another number of groups, or lacks what has a schedule.
    """
    if isinstance(optimizer, Optimizer):
        return ScheduleLR(optimizer, schedules, ratios)
    return GroupLead(optimizer, schedules, ratios)


def _plain_rate(rate: GroupSchedule | None) -> dict[str, Any]:
    """The parts of the rate by name, as JSON."""
    if rate is None:
        return {}
    limits = {"rate.addend": rate.addend, "rate.low": rate.low, "rate.high": rate.high}
    return {name: to_json(factor) for name, factor in {"rate": rate.factor, **limits}.items() if factor is not None}


def _shown(plain: Mapping[str, Any] | None) -> str:
    """The expression of a schedule in JSON; the JSON where the schedule has a function of the user's own."""
    try:
        return "-" if plain is None else repr(from_json(plain))
    except InvalidInput:
        return json.dumps(plain)


def _same(rate: Any, value: float) -> bool:
    return bool(rate == (rate.new_tensor(value) if isinstance(rate, torch.Tensor) else value))
