"""Follows the losses of a training, and rolls it back after a blow-up (stop rule `halve`).

Path:   closed steps -> blocks for the supervisor, copies of the state at fixed steps -> blown up, back, or on.
Units:  steps of the run from 0. What is decided depends on the step alone, so that a replay decides the same.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from torch.optim import Optimizer

from ratecraft.records.blow_up import BlowUp, look_every
from ratecraft.records.job import StopRule
from ratecraft.training.hosting.treatments import Treating
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.state import Copy, Model

_FLUSH_SECONDS = 1.0  # a supervisor that dies loses no more of the series than this


class TakesSeries(Protocol):
    """Receives the series of a run."""

    def tell_series(self, name: str, values: Sequence[float]) -> None:
        """Send the next values of a series with one value per step."""
        ...


@dataclass
class LossMonitor:
    """The course of a training so far.

    Attributes:
        control: Receives the series.
        model: The model whose state is copied and restored.
        rule: What a blow-up means.
        losses: The losses of the steps.
        own_rates: The script's own rate at each step not reported yet.
        halvings: Steps at which the run went back to half the rate.
        treating: What is changed besides the rate.
    """

    control: TakesSeries
    model: Model
    rule: StopRule = StopRule()
    losses: Losses = field(default_factory=Losses)
    own_rates: list[float] = field(default_factory=list[float])
    halvings: list[int] = field(default_factory=list[int])
    treating: Treating = field(default_factory=Treating)
    _copy: tuple[Copy, BlowUp] | None = None
    _hooked: bool = False
    _told: float = field(default_factory=time.monotonic)

    @staticmethod
    def of_script(control: TakesSeries, model: Model) -> "LossMonitor":
        """The monitor of a process that runs one script and nothing else, so that all of it can be watched."""
        return LossMonitor(control, model, treating=Treating(watches=True))

    def enter(self, rule: StopRule, treatment: str = "") -> None:
        """An advance begins, which never goes back to a state before it."""
        self.rule, self._copy = rule, None
        self.treating.enter(treatment)

    def step_begins(self) -> None:
        """A step begins. Before the first one of an advance, the state is copied if the rule may need it."""
        if self.rule.blown_up == "halve" and self._copy is None:
            self._copy = (Copy.take(self.model), self.losses.state)

    def treat(self, optimizer: Optimizer, step: int) -> None:
        """An optimizer is about to step, which shows the modules whose inputs a treatment may change."""
        treating = self.treating
        if treating.treat(optimizer, step) and not self._hooked:
            self._hooked = True
            treating.hook(self.model.modules)

    def tell(self, *, agreed: bool = False) -> None:
        """Read the losses of all closed steps and send them; `agreed` as for `Losses.read`."""
        self.control.tell_series("loss", self.losses.read(agreed=agreed))
        self.control.tell_series("own_rate", self.own_rates)
        self.own_rates.clear()
        self.control.tell_series("grad_norm", self.treating.read())
        self._told = time.monotonic()

    def look(self, step: int, *, arrived: bool) -> bool:
        """Check when due whether the run has blown up; if not, copy its state when due.

        A state whose last loss is above the limit of a blow-up may be finite and yet lost, so it is not kept.

        Args:
            step: Steps that are done.
            arrived: Whether the run pauses here.
        """
        copies = self.rule.blown_up == "halve" and self.rule.copy_every > 0 and step % self.rule.copy_every == 0
        if not (arrived or copies or step % look_every(step) == 0):
            # Of several processes each has its own clock, and what one of them tells alone is not agreed.
            if self.losses.rule.agree is None and time.monotonic() - self._told > _FLUSH_SECONDS:
                self.tell()
            return False
        self.tell(agreed=True)
        if self.losses.state.happened:
            return True
        if copies and not self.losses.state.is_high:
            self._copy = (Copy.take(self.model), self.losses.state)
        return False

    def go_back(self, step: int) -> bool:
        """Restore the last copy in place, after `step` steps; False if the rule ends the run instead."""
        if self.rule.blown_up == "end" or self._copy is None or len(self.halvings) >= self.rule.most_halvings:
            return False
        copy, state = self._copy
        copy.put_back()
        self.losses = replace(self.losses.anew(), state=state)
        self.halvings.append(step)
        return True

    def has_blown_up(self, *, failed: bool) -> bool:
        """At the script's end: whether the run blew up, also by an exception with weights that are not finite."""
        try:
            self.tell()
            return self.losses.state.happened or (failed and self.model.is_broken())
        except RuntimeError:
            if failed:  # after an error of the device nothing can be read any more
                return False
            raise
