"""Reads a live training without touching it: its losses, and around each step of its optimizers what a step shows.

Path:   an optimizer's step (`step_reader`), what is heard beside it (`listening`) -> readings -> pieces of a run.
Units:  a step is one round of the optimizers (`clock`); one that a gradient scaler skips counts as well. Rates are as
        the optimizer had them, losses as they reached backward; several of a step are one by
        `laws.losses.micro_batches`.

Nothing is drawn, nothing is written to, and no step waits for the device: tensors are read together, 64 steps at once.
"""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ratecraft.records.watching.guarding import Kind, Policy, series_of
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.records.watching.transfers import Transfers
from ratecraft.training.instrument.by_hand import ByHand
from ratecraft.training.instrument.clock import Clock, steps_around
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.observing.agreeing import Agreeing
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.first_steps.inspecting import FirstSteps
from ratecraft.training.observing.guard import Guarding
from ratecraft.training.observing.guard_readings import Moment
from ratecraft.training.observing.listening import listen
from ratecraft.training.observing.norms import gradient_norm
from ratecraft.training.observing.readings import Readings
from ratecraft.training.observing.state import is_recurrent
from ratecraft.training.observing.step_reader import StepReader


class Sensor:
    """Follows optimizers of this process. Implements `listening.Listener`.

    Args:
        tell: Takes pieces of the run, from within a step.
        every: Steps between two readings of a norm of gradients that the training itself does not take.
        policy: Policy of a guard; None changes nothing. `guard` then is what does it.
        holds: As for `guard.Guarding`, like `agreeing`.
        boundary: The boundary within which hooks are called; by default what they raise ends the training.
    """

    def __init__(
        self,
        tell: Callable[[ObservedRun], None],
        every: int = 10,
        policy: Policy | None = None,
        *,
        holds: bool = False,
        agreeing: Agreeing | None = None,
        boundary: ErrorBoundary | None = None,
    ) -> None:
        self._clock, self.losses, self._readings = Clock(), Losses(), Readings()
        self.guard = None if policy is None else Guarding(policy, self._acted, self.know, holds, agreeing)
        self._inside, self._depth, self._open = False, 0, False
        self._own_losses, self._pieces = 0, _Pieces(tell, self.losses, self._readings)
        self._sees_all, self._chosen, self._by_hand = False, weakref.WeakSet[Optimizer](), ByHand()
        own = boundary or ErrorBoundary()
        self._reader = StepReader(self._readings, every, lambda: self._sees_all, own)
        first = FirstSteps(self.know, lambda: self.steps, lambda closed: self._sees_all or closed in self._chosen, own)
        self._endings: list[Callable[[], None]] = [listen(self), first.close]

    @property
    def steps(self) -> int:
        """Steps that began."""
        return self._clock.step

    def follow(self, optimizer: Optimizer) -> None:
        """Follow one optimizer."""
        self._chosen.add(optimizer)
        self._endings.append(optimizer.register_step_pre_hook(self._before).remove)
        self._endings.append(optimizer.register_step_post_hook(self._after).remove)

    def follow_all(self) -> None:
        """Follow every optimizer of this process, those included that are yet to be made."""
        self._sees_all = True
        self._endings.append(register_optimizer_step_pre_hook(self._before).remove)
        self._endings.append(register_optimizer_step_post_hook(self._after).remove)

    def step_begins(self, optimizer: Any) -> None:
        """An optimizer that is none of torch's begins a step."""
        self._before(optimizer, (), {})

    def step_done(self, optimizer: Any) -> None:
        """It has made it."""
        self._after(optimizer)

    def log(self, name: str, value: float | torch.Tensor) -> None:
        """A figure that the training tells, by its normal name; a told loss stands for those that are heard."""
        self._pieces.logs_losses |= name == "loss"
        at = max(self._clock.step - 1, 0) if name == "loss" else self._clock.step
        self._readings.note(name, at, value.detach().clone() if isinstance(value, torch.Tensor) else value)
        if self.guard is not None:
            self.guard.figure(name, at, value)

    def know(self, name: str, value: float | str) -> None:
        """A fact about the run."""
        self._readings.know(name, value)

    def look_at(self, model: torch.nn.Module) -> None:
        """Know of a model whether it is recurrent."""
        if is_recurrent(model):
            self.know("recurrent", 1.0)

    def close(self) -> None:
        """Tell the rest, and take all hooks away."""
        while self._endings:
            self._endings.pop()()
        self._reader.close()
        if self.guard is not None:
            self.guard.after()  # of a step that has raised
        self._close_round()
        self._pieces.flush()
        if self.guard is not None:
            self.guard.close()

    # ------------------------------------------------------------------ around a step

    def _before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        """A step begins; of one with a closure, that closure with us at its end."""
        if torch.compiler.is_compiling():
            return None
        if self._inside and steps_around() > 1:  # as that of a subclass calls its parent's
            self._depth += 1
            return None
        self._leave_raised()
        self._inside = True
        self._round(optimizer)
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            self._ready(optimizer)
            return None
        is_called = None if self.guard is None else self.guard.closure_of(optimizer)
        closure = _followed(closure, is_called, lambda: self._ready(optimizer))
        return ((args[0], closure, *args[2:]), kwargs) if len(args) > 1 else (args, {**kwargs, "closure": closure})

    def _ready(self, optimizer: Optimizer) -> None:
        """The gradients are there, and are about to be used."""
        step = self._clock.step - 1
        limit = self._reader.limit
        norm = self._reader.norm(optimizer, step)
        if self.guard is not None:
            norm = gradient_norm(optimizer) if norm is None else norm
            moment = Moment(step, tuple(self.losses.waiting), norm, limit, self.losses.rule)
            self.guard.before(optimizer, moment, self._clock.in_use)
        self._reader.gradients(optimizer, step)

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        if not self._inside or torch.compiler.is_compiling():
            return
        if self._depth:
            self._depth -= 1
            return
        self._inside = False
        if self.guard is not None:
            self.guard.after()
        self._reader.stepped(optimizer, self._clock.step - 1)
        self._stepped()

    def _leave_raised(self) -> None:
        """A step that raised had no end: it is over."""
        if self._inside:
            if self.guard is not None:
                self.guard.after()
            self._reader.raised()
            self._inside, self._depth = False, 0
            self._stepped()

    def _round(self, optimizer: Optimizer) -> None:
        """A step begins, or is skipped: it may open a round, before which the one before is closed."""
        if self._clock.opens(optimizer):
            self._close_round()
        if self._clock.tick(optimizer):
            self._open = True
        self._reader.begins(optimizer, self._clock.step - 1, self._clock.in_use)

    def _stepped(self) -> None:
        self._own_losses += bool(self.losses.waiting)
        self.losses.stepped()
        if self._own_losses > 1:
            self.know("losses_a_step", 2.0)
        if self._clock.step == 1:
            self._reader.hear_calls()

    def _close_round(self) -> None:
        if not self._open:
            return
        self._open, self._own_losses = False, 0
        self.losses.close_step()
        self._clock.complete = self._clock.step
        self._pieces.step_closed(self._clock.complete)

    # ------------------------------------------------------------------ what is heard

    def backward(self, tensors: Any) -> None:
        """A backward pass begins. A closure is called again and again: within a step the first one counts."""
        if self._inside and not steps_around():
            self._leave_raised()
        given = (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
        if len(given) == 1 and not (self._inside and self.losses.waiting):
            self._hear_first(given[0])
        self.losses.add(*given, inside=self._inside)
        if self._clock.is_unused and self._by_hand.is_sure(given):
            self._clock.complete = self._clock.step = self._clock.step + self.losses.close_steps_by_hand()
            self._pieces.step_closed(self._clock.complete)

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss: the unscaled one is the loss."""
        self.losses.scaled(loss, result)
        self._hear_first(loss)
        self._reader.scaled(loss, result)

    def _hear_first(self, loss: torch.Tensor) -> None:
        if self._clock.step == 0:
            self._reader.first_loss(loss)

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's step returned. Losses still waiting belong to a step that it skipped."""
        if self.losses.waiting:
            self._reader.skipped()
            self._round(optimizer)
            self._reader.rates(optimizer, self._clock.step - 1, 1.0 if self.guard is None else self.guard.factor)
            self._stepped()

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        """Gradients were clipped."""
        self._reader.clipped(limit, norm)

    def _acted(self, kind: Kind, step: int, value: float) -> None:
        """The guard has changed something."""
        self._readings.note(series_of(kind), step, value)


def _followed(
    closure: Callable[[], Any], is_called: Callable[[], object] | None, ready: Callable[[], object]
) -> Callable[[], Any]:
    """The closure, which makes the gradients; the first time they are looked at."""
    is_first = True

    def followed() -> Any:
        nonlocal is_first
        if is_called is not None:
            is_called()
        result = closure()
        if is_first:
            is_first = False
            ready()
        return result

    return followed


class _Pieces:
    """Tells what is new.

    Args:
        tell: Takes a piece of the run; it may be called for one that is made elsewhere.
        losses: Losses of the complete steps; emptied as they are told.
        readings: The same.
    """

    def __init__(self, tell: Callable[[ObservedRun], None], losses: Losses, readings: Readings) -> None:
        self.tell, self._losses, self._readings = tell, losses, readings
        self._first_unread, self._transfers = 0, Transfers()
        self.logs_losses = False
        """Whether the training tells its loss itself, which then stands for those that are heard."""

    def step_closed(self, complete: int) -> None:
        """`complete` steps are complete: report them if it is time to."""
        if self._transfers.are_due(complete - self._first_unread):
            self.flush()

    def flush(self) -> None:
        """Tell everything; waits for the device, once."""
        seen = [bool(losses) for losses in self._losses.unread]
        for step, (value, is_seen) in enumerate(zip(self._losses.read(), seen, strict=True), self._first_unread):
            if is_seen and not self.logs_losses:
                self._readings.note("loss", step, value)
        self._first_unread += len(seen)
        self._transfers.made()
        if not self._readings.is_empty:
            self.tell(self._readings.taken())
