"""The rates of a script's optimizers: read what the script wrote, write ours for one step, put its own back.

Path:   the host calls `read` and `write` just before a step, `restore` just after it.
Units:  a schedule gives the absolute rate of the leading group; others follow by the ratio that the script writes. What
        else has a schedule (`hyperparameters` says by which names) gets the value itself, in every group that has it.

The leading group is the one with most trainable values among the groups of all optimizers whose own rate is > 0 at the
first step where there is one; an optimizer that takes its parameters over later leads on. While its own rate is 0 the
last ratios hold. Restoring matters: a chainable scheduler computes its next rate from the current one, and prints and
plateau logic must see the script's own curve.
"""

import math
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Group
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.hyperparameters import Entries, decaying, hyperparameters, place_of, put
from ratecraft.training.instrument.model_facts import group_settings
from ratecraft.training.instrument.splitting import Splitting

__all__ = ["MOMENTA", "Rates", "trained_values"]

MOMENTA = ("momentum", "betas", "mom")  # the last is fastai's


@dataclass(slots=True)
class _Known:
    """One group as it was made, and as it last stood to the leading one."""

    base_rate: float
    momenta: dict[str, Any]
    ratio: float | None = None


@dataclass
class Rates:
    """Keeps the rates of every optimizer that the script makes.

    Attributes:
        schedules: Name to schedule; with no `rate` in it the script's own rates hold.
        scale: Number of a group (over all optimizers, from 0), `body` or `head` to multiplier.
        splitting: Tells body from head; None if no one asked for that.
        expected: Names that schedules of later runs have: that an optimizer has these is checked at the first step.
        factor: Multiplies the rate in force; the stop rule halves it after a blow-up.
        own_max: The largest rate > 0 that the script wrote for the leading group; None while there is none.
        has_optimizer: One was made.
        momentum_frozen: A cycled momentum or β1 that no schedule is for was held at the value that its optimizer was
            made with.
    """

    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    scale: Mapping[str, float] = field(default_factory=dict[str, float])
    splitting: Splitting | None = None
    expected: tuple[str, ...] = ()
    factor: float = 1.0
    own_max: float | None = None
    has_optimizer: bool = False
    momentum_frozen: bool = False
    _known: "weakref.WeakKeyDictionary[Optimizer, list[_Known]]" = field(default_factory=weakref.WeakKeyDictionary)
    _stepped: "weakref.WeakSet[Optimizer]" = field(default_factory=weakref.WeakSet)
    _cycled: "weakref.WeakSet[Optimizer]" = field(default_factory=weakref.WeakSet)
    _schedulers: list["weakref.ref[LRScheduler]"] = field(default_factory=list["weakref.ref[LRScheduler]"])
    _leading: tuple["weakref.ref[Optimizer]", int] | None = None
    _leading_parameter: torch.Tensor | None = None
    _own_lead: float = 0.0
    _own: dict[tuple[int, str], tuple[Any, Any]] = field(default_factory=dict[tuple[int, str], tuple[Any, Any]])
    """By identity of the group or tensor that was written to, and entry: this holder, and what it held."""
    _led: Mapping[str, Schedule] | None = None

    def made(self, optimizer: Optimizer) -> None:
        """A group was added to an optimizer: its values are those it was made with, before any scheduler."""
        self.has_optimizer = True
        known = self._known.setdefault(optimizer, [])
        for group in optimizer.param_groups[len(known) :]:
            momenta = {name: group[name] for name in MOMENTA if name in group}
            known.append(_Known(float(group.get("lr", math.nan)), momenta))

    def cycles_momentum(self, optimizer: Optimizer) -> None:
        """A scheduler of the script cycles this optimizer's momentum or β1 along with the rate that ours replaces."""
        self._cycled.add(optimizer)

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made; whether it cycles a momentum is asked at the next step, when it is complete."""
        self._schedulers.append(weakref.ref(scheduler))

    def read(self, optimizer: Optimizer, *, opens: bool = True) -> float:
        """The script's own rate of the leading group as this optimizer steps; NaN while no group has had one > 0.

        Args:
            optimizer: The optimizer.
            opens: It opens a round of the optimizers. Later in one, the leading rate may already be the next step's.
        """
        self._ask_schedulers()
        if optimizer not in self._stepped:
            self._stepped.add(optimizer)
            self._lead_on(optimizer)
            if self.splitting:
                self.splitting.meet(optimizer)
        leading = self._lead()
        if leading is None:
            return math.nan
        own = self._own_rate(*leading) if opens or not self._own_lead > 0 else self._own_lead
        self._own_lead = own
        if own > 0:
            self.own_max = own if self.own_max is None else max(self.own_max, own)
        return own

    def write(self, optimizer: Optimizer, step: int) -> None:
        """Put the values of this step into the optimizer's groups; nothing if the script's own hold.

        Raises:
            InvalidInput: At the first step, a schedule has a name that no optimizer has a number for.
        """
        if self._led is not self.schedules:
            self._check_names()
        schedule = self.schedules.get("rate")
        rate = None if schedule is None else self.factor * schedule.at(step)
        scales = self._scales_of(optimizer) if self.scale else None
        holds_momentum = rate is not None and optimizer in self._cycled and "momentum" not in self.schedules
        for index, (group, known) in enumerate(self._groups_of(optimizer)):
            held = group.get("lr")
            is_plain = held.__class__ is float
            if held is None or (id(group if is_plain else _holder(group, held)), "lr") in self._own:
                continue  # an optimizer without a rate; or written for a group before, or by the step around this one
            own = _rate_of(group, known)
            if self._own_lead > 0:
                known.ratio = own / self._own_lead
            value = self.factor * own if rate is None else rate * (1.0 if known.ratio is None else known.ratio)
            if rate is not None or self.factor != 1.0:
                value = value * scales[index] if scales else value
                if is_plain:  # nearly always: it costs a microsecond less
                    self._own[id(group), "lr"] = (group, held)
                    group["lr"] = value
                else:
                    self._put(group, "lr", value)
            if holds_momentum:
                self._hold_momentum(group, known)
        if len(self.schedules) > (schedule is not None):
            self._write_others(optimizer, step)
        if self.splitting:
            self.splitting.split(optimizer, self.scale)

    def restore(self) -> None:
        """Put the script's own groups and values back; safe where nothing was written.

        Raises:
            InvalidInput: Same as `Splitting.join`.
        """
        try:
            if self.splitting:
                self.splitting.join()
        finally:
            self._put_back()

    def _put_back(self) -> None:
        for (_, entry), (holder, old) in self._own.items():
            if holder.__class__ is not dict and isinstance(holder, torch.Tensor):
                holder.copy_(old)
            else:
                holder[entry] = old
        self._own.clear()

    def optimizers(self) -> tuple[Optimizer, ...]:
        """The optimizers that were created and still exist."""
        return tuple(self._known)

    def hyperparameters(self) -> tuple[str, ...]:
        """The names that schedules may have here."""
        return hyperparameters(optimizer.param_groups[index] for optimizer, index in self._places())

    def groups(self) -> tuple[tuple[Group, ...], int]:
        """All groups of living optimizers with their last ratio, and the index of the leading one.

        A group that an optimizer shares with one that it wraps is reported once.
        """
        met = dict[int, tuple[Optimizer, int]]()
        places = [place for place in self._places() if met.setdefault(_identity(*place), place) is place]
        numbers = {
            id(optimizer): number for number, optimizer in enumerate({id(place): place for place, _ in places}.values())
        }
        leading = self._lead()
        lead_rate = 0.0 if leading is None else self._own_rate(*leading)
        groups: list[Group] = []
        for optimizer, index in places:
            group, known = optimizer.param_groups[index], self._known[optimizer][index]
            ratio = known.ratio
            if ratio is None and lead_rate > 0 and "lr" in group:  # it has not stepped yet
                ratio = _rate_of(group, known) / lead_rate
            settings = group_settings(group | known.momenta)
            name = type(optimizer).__name__
            ratio, number = 1.0 if ratio is None else ratio, numbers[id(optimizer)]
            groups.append(Group(trained_values(group), known.base_rate, ratio, name, settings, number))
        led = leading and met.get(_identity(*leading))
        return tuple(groups), places.index(led) if led in places else 0

    def _lead(self) -> tuple[Optimizer, int] | None:
        """The leading group; chosen where there is none yet."""
        if self._leading is not None:
            optimizer = self._leading[0]()
            if optimizer is not None:
                return optimizer, self._leading[1]
        able = [place for place in self._places() if self._own_rate(*place) > 0]
        if not able:
            return None
        optimizer, index = max(able, key=lambda place: trained_values(place[0].param_groups[place[1]]))
        self._leading = (weakref.ref(optimizer), index)
        self._leading_parameter = next(iter(optimizer.param_groups[index]["params"]), None)
        return optimizer, index

    def _ask_schedulers(self) -> None:
        for scheduler in filter(None, (known() for known in self._schedulers)):
            if getattr(scheduler, "cycle_momentum", False):
                self.cycles_momentum(scheduler.optimizer)
        self._schedulers.clear()

    def _lead_on(self, optimizer: Optimizer) -> None:
        """An optimizer steps for the first time: does it take over the parameters of the leading group?"""
        if self._leading_parameter is None:
            return
        for index, group in enumerate(optimizer.param_groups):
            if any(parameter is self._leading_parameter for parameter in group["params"]) and "lr" in group:
                self._leading = (weakref.ref(optimizer), index)

    def _places(self) -> Iterator[tuple[Optimizer, int]]:
        for optimizer, known in list(self._known.items()):
            yield from ((optimizer, index) for index in range(len(known)))

    def _groups_of(self, optimizer: Optimizer) -> Iterator[tuple[Entries, _Known]]:
        """Each group with what is known of it, by position: loading a state replaces the group's dictionary."""
        known = self._known.get(optimizer, ())
        if len(known) < len(optimizer.param_groups):  # a deep copy of an optimizer is not made group by group
            self.made(optimizer)
            known = self._known[optimizer]
        return zip(optimizer.param_groups, known, strict=True)

    def _own_rate(self, optimizer: Optimizer, index: int) -> float:
        return _rate_of(optimizer.param_groups[index], self._known[optimizer][index])

    def _scales_of(self, optimizer: Optimizer) -> list[float]:
        numbers = [number for number, (place, _) in enumerate(self._places()) if place is optimizer]
        return [self.scale.get(str(number), 1.0) for number in numbers]

    def _put(self, group: Entries, entry: str, value: Any, index: int | None = None) -> None:
        old = group[entry] if index is None else group[entry][index]
        holder = _holder(group, old)
        own = group[entry] if holder is group else old.clone()
        self._own.setdefault((id(holder), entry), (holder, own))
        put(group, entry, index, value)

    def _write_others(self, optimizer: Optimizer, step: int) -> None:
        groups = [group for group, _ in self._groups_of(optimizer)]
        for name, schedule in self.schedules.items():
            if name == "rate":
                continue
            value = schedule.at(step)
            concerned = decaying(groups) if name == "weight_decay" else [True] * len(groups)
            for group, concerns in zip(groups, concerned, strict=True):
                place = place_of(name, group) if concerns else None
                if place is not None:
                    self._put(group, place[0], value, place[1])

    def _check_names(self) -> None:
        others = {*self.schedules, *self.expected} - {"rate"}
        allowed = self.hyperparameters() if others else ()
        for name in sorted(others):
            if name not in allowed:
                raise InvalidInput("attach-name", name=name, allowed=", ".join(allowed))
        self._led = self.schedules

    def _hold_momentum(self, group: Entries, known: _Known) -> None:
        for name, value in known.momenta.items():
            if group[name] != value:
                self._put(group, name, value)
                self.momentum_frozen = True


def _holder(group: Entries, value: object) -> object:
    """What is written to: the group, or the tensor that it has, which may be that of several groups."""
    return value if isinstance(value, torch.Tensor) else group


def _rate_of(group: Entries, known: _Known) -> float:
    """The group's own rate."""
    value = group.get("lr", math.nan)
    if type(value) is float:
        return value
    if isinstance(value, torch.Tensor) and value.device.type != "cpu":
        return known.base_rate  # reading a device tensor would wait for the device at every step
    return float(value)


def _identity(optimizer: Optimizer, index: int) -> int:
    return id(optimizer.param_groups[index])


def trained_values(group: Entries) -> int:
    """How many values of a group are trained; the leading one has the most."""
    return sum(parameter.numel() for parameter in group["params"] if parameter.requires_grad)
