"""The rates of a script's optimizers: reads the script's own, writes ours for one step, restores its own.

Path:   the host calls `read` and `write` just before a step, `restore` just after it.
Units:  a schedule gives the absolute rate of the leading group (`leading_group`); others follow by the ratio that the
        script writes. What else has a schedule (`hyperparameters` says by which names) gets the value itself, in every
        group that has it.

While the leading group's own rate is 0 the last ratios hold.
"""

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Group
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.cycled_momentum import CycledMomentum
from ratecraft.training.instrument.hyperparameters import decaying, hyperparameters, place_of
from ratecraft.training.instrument.leading_group import LeadingGroup
from ratecraft.training.instrument.script_groups import ScriptGroups, own_rate_of
from ratecraft.training.instrument.splitting import Splitting
from ratecraft.training.instrument.written_values import WrittenValues


@dataclass
class Rates:
    """Sets the rates of every optimizer that the script makes.

    Attributes:
        schedules: Name to schedule; without `rate` the script's own rates hold.
        scale: Number of a group (over all optimizers, from 0), `body` or `head` to multiplier.
        splitting: Tells body from head; None if that was not asked for.
        expected: Names of schedules in later runs; the first step checks that an optimizer has them.
        factor: Multiplies the rate in force; the stop rule halves it after a blow-up.
    """

    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    scale: Mapping[str, float] = field(default_factory=dict[str, float])
    splitting: Splitting | None = None
    expected: tuple[str, ...] = ()
    factor: float = 1.0
    _groups: ScriptGroups = field(default_factory=ScriptGroups)
    _leading: LeadingGroup = field(init=False)
    _momentum: CycledMomentum = field(default_factory=CycledMomentum)
    _written: WrittenValues = field(default_factory=WrittenValues)
    _stepped: "weakref.WeakSet[Optimizer]" = field(default_factory=weakref.WeakSet)
    _checked: Mapping[str, Schedule] | None = None

    def __post_init__(self) -> None:
        self._leading = LeadingGroup(self._groups)

    @property
    def own_max(self) -> float | None:
        """The largest rate > 0 that the script wrote for the leading group; None while there is none."""
        return self._leading.largest

    @property
    def has_optimizer(self) -> bool:
        """An optimizer was made."""
        return self._groups.has_optimizer

    @property
    def momentum_frozen(self) -> bool:
        """A cycled momentum or β1 that no schedule is for was held at the value that its optimizer was made with."""
        return self._momentum.was_held

    def made(self, optimizer: Optimizer) -> None:
        """A group was added to an optimizer, with its original values, before any scheduler."""
        self._groups.made(optimizer)

    def cycles_momentum(self, optimizer: Optimizer) -> None:
        """A scheduler of the script cycles this optimizer's momentum or β1 along with the rate that ours replaces."""
        self._momentum.add(optimizer)

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made. Whether it cycles a momentum is examined at the next step, when it is complete."""
        self._momentum.scheduled(scheduler)

    def read(
        self,
        optimizer: Optimizer,
        *,
        opens: bool = True,
        in_use: Callable[[Optimizer], bool] = lambda optimizer: True,
    ) -> float:
        """Read the script's own rate of the leading group as this optimizer steps; NaN while no group has had one > 0.

        Args:
            optimizer: The optimizer.
            opens: It opens a round of the optimizers. Later in one, the leading rate may already be the next step's.
            in_use: Tells whether the phase of another optimizer is not over; if it is, that one no longer leads.
        """
        self._momentum.ask_schedulers()
        is_first = optimizer not in self._stepped
        is_next = is_first and opens and len(self._stepped) > 0
        if is_first:
            self._stepped.add(optimizer)
            self._leading.hand_on(optimizer)
            if self.splitting:
                self.splitting.meet(optimizer)
        if opens:
            self._leading.pass_on(optimizer, in_use)
        own = self._leading.read(opens=opens)
        return self._leading.told(optimizer, own, is_next=is_next)

    def write(self, optimizer: Optimizer, step: int) -> None:
        """Write the values of this step into the optimizer's groups; does nothing if the script's own values hold.

        Raises:
            InvalidInput: At the first step, a schedule is for a hyperparameter that no optimizer has.
        """
        if self._checked is not self.schedules:
            self._check_names()
        schedule, written = self.schedules.get("rate"), self._written.own
        rate = None if schedule is None else self.factor * schedule.at(step)
        scales = self._scales_of(optimizer) if self.scale else None
        holds_momentum = rate is not None and self._momentum.is_cycled(optimizer) and "momentum" not in self.schedules
        lead_rate = self._leading.rate
        for index, (group, known) in enumerate(self._groups.of(optimizer)):
            held = group.get("lr")
            is_plain = held.__class__ is float
            if held is None or ((id(group), "lr") in written if is_plain else self._written.has(group, "lr")):
                continue  # an optimizer without a rate; or written for a group before, or by the step around this one
            own = own_rate_of(group, known)
            if lead_rate > 0:
                known.ratio = own / lead_rate
            value = self.factor * own if rate is None else rate * (1.0 if known.ratio is None else known.ratio)
            if rate is not None or self.factor != 1.0:
                value = value * scales[index] if scales else value
                if is_plain:  # nearly always: it costs a microsecond less
                    written[id(group), "lr"] = (group, held)
                    group["lr"] = value
                else:
                    self._written.put(group, "lr", value)
            if holds_momentum:
                self._momentum.hold(group, known, self._written)
        if len(self.schedules) > (schedule is not None):
            self._write_others(optimizer, step)
        if self.splitting:
            self.splitting.split(optimizer, self.scale)

    def restore(self) -> None:
        """Restore the script's own groups and values; safe if nothing was written.

        Raises:
            InvalidInput: Same as `Splitting.join`.
        """
        try:
            if self.splitting:
                self.splitting.join()
        finally:
            self._written.put_back()

    def optimizers(self) -> tuple[Optimizer, ...]:
        """The optimizers that were created and still exist."""
        return self._groups.optimizers()

    def hyperparameters(self) -> tuple[str, ...]:
        """The names that schedules may have here."""
        return hyperparameters(optimizer.param_groups[index] for optimizer, index in self._groups.places())

    def groups(self) -> tuple[tuple[Group, ...], int]:
        """All groups of live optimizers with their last ratio, and the index of the leading one."""
        return self._groups.told(self._leading.place())

    def _scales_of(self, optimizer: Optimizer) -> list[float]:
        numbers = [number for number, (place, _) in enumerate(self._groups.places()) if place is optimizer]
        return [self.scale.get(str(number), 1.0) for number in numbers]

    def _write_others(self, optimizer: Optimizer, step: int) -> None:
        groups = [group for group, _ in self._groups.of(optimizer)]
        for name, schedule in self.schedules.items():
            if name == "rate":
                continue
            value = schedule.at(step)
            concerned = decaying(groups) if name == "weight_decay" else [True] * len(groups)
            for group, concerns in zip(groups, concerned, strict=True):
                place = place_of(name, group) if concerns else None
                if place is not None:
                    self._written.put(group, place[0], value, place[1])

    def _check_names(self) -> None:
        others = {*self.schedules, *self.expected} - {"rate"}
        allowed = self.hyperparameters() if others else ()
        for name in sorted(others):
            if name not in allowed:
                raise InvalidInput("attach-name", name=name, allowed=", ".join(allowed))
        self._checked = self.schedules
