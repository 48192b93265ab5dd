"""Reads a live training without touching it: losses, rates, norms and scales, by hooks around its optimizers' steps.

Path:   an optimizer's step, what is heard beside it (`listening`, `calls`) -> readings -> pieces of a run.
Units:  a step is one round of the optimizers (`clock`); one that a gradient scaler skips counts as well. Rates are as
        the optimizer had them, losses as they reached backward; several of a step are one by `laws.micro_batches`.

Nothing is drawn, nothing is written to, and no step waits for the device: tensors are read together, 64 steps at once.
"""

import math
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ratecraft.records.guarding import Kind, Policy, series_of
from ratecraft.records.observed import ObservedRun
from ratecraft.training.instrument.clock import Clock, steps_around
from ratecraft.training.instrument.loss_graph import classes_of
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.model_facts import group_settings
from ratecraft.training.instrument.rates import trained_values
from ratecraft.training.instrument.sharding import own_part
from ratecraft.training.observing.agreeing import Agreeing
from ratecraft.training.observing.calls import Calls
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.first_steps.inspecting import FirstSteps
from ratecraft.training.observing.guard import Guarding, Moment
from ratecraft.training.observing.listening import listen
from ratecraft.training.observing.norms import Updates, effective_rate, gradient_norm, tensors_of, together
from ratecraft.training.observing.readings import Readings
from ratecraft.training.observing.state import idle_values, is_loaded, is_recurrent, zero_share

__all__ = ["Sensor"]

_MOST_UNREAD = 64  # steps between two transfers
_FLUSH_SECONDS = 5.0  # for runs whose steps take long
_UPDATES_RARER = 10  # an update is read at every tenth reading of a norm: it costs copies
_CHEAP = 50  # parameters; a norm of more is read more rarely, so that it costs the same
_PATIENCE = 16  # steps without a call of a module: the model is none, or compiled within something


class Sensor:
    """Follows optimizers of this process. Implements `listening.Listener`.

    Args:
        tell: Takes pieces of the run, from within a step.
        every: Steps between two readings of a norm of gradients that the training itself does not take.
        policy: Policy of a guard, carried out by `guard`; None changes nothing.
        holds: As for `guard.Guarding`; so is `agreeing`.
        boundary: That hooks are called within; by default what they raise ends the training.
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
        self._tell, self._every = tell, every
        self.guard = None if policy is None else Guarding(policy, self._acted, self.know, holds, agreeing)
        self._clock, self.losses, self._readings = Clock(), Losses(), Readings()
        self._groups: list[tuple[weakref.ref[Optimizer], int]] = []
        self._leading: tuple[weakref.ref[Optimizer], int] | None = None
        self._inside, self._depth, self._open = False, 0, False
        self._own_losses, self._logs_losses = 0, False
        self._norms: list[torch.Tensor] = []
        self._limit = math.inf
        self._scaled: tuple[torch.Tensor, torch.Tensor] | None = None
        self._updates: Updates | None = None
        own = boundary or ErrorBoundary()
        self._calls, self._sees_all, self._chosen = Calls(self._held, own), False, weakref.WeakSet[Optimizer]()
        self._idle = self._lost = sys.maxsize
        self._first_unread, self._told = 0, time.monotonic()
        self._endings: list[Callable[[], None]] = [listen(self)]
        first = FirstSteps(self.know, lambda: self.steps, lambda closed: self._sees_all or closed in self._chosen, own)
        self._endings.append(first.close)

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
        """The optimizer has made its step."""
        self._after(optimizer)

    def log(self, name: str, value: float | torch.Tensor) -> None:
        """A figure that the training tells, by its normal name; a told loss stands for those that are heard."""
        self._logs_losses = self._logs_losses or name == "loss"
        at = max(self._clock.step - 1, 0) if name == "loss" else self._clock.step
        self._readings.note(name, at, value.detach().clone() if isinstance(value, torch.Tensor) else value)
        if self.guard is not None:
            self.guard.figure(name, at, value)

    def know(self, name: str, value: float | str) -> None:
        """A fact about the run."""
        self._readings.facts[name] = value

    def look_at(self, model: torch.nn.Module) -> None:
        """Know of a model whether it is recurrent."""
        if is_recurrent(model):
            self.know("recurrent", 1.0)

    def close(self) -> None:
        """Tell the rest, and take all hooks away."""
        while self._endings:
            self._endings.pop()()
        self._calls.end()
        if self.guard is not None:
            self.guard.after()  # of a step that has raised
        self._close_round()
        self._flush()
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
        closure = self._followed(optimizer, closure)
        return ((args[0], closure, *args[2:]), kwargs) if len(args) > 1 else (args, {**kwargs, "closure": closure})

    def _followed(self, optimizer: Optimizer, closure: Callable[[], Any]) -> Callable[[], Any]:
        """The closure, which makes the gradients; the first time they are looked at."""
        is_first, is_called = True, None if self.guard is None else self.guard.closure_of(optimizer)

        def followed() -> Any:
            nonlocal is_first
            if is_called is not None:
                is_called()
            result = closure()
            if is_first:
                is_first = False
                self._ready(optimizer)
            return result

        return followed

    def _ready(self, optimizer: Optimizer) -> None:
        """The gradients are there, and are about to be used."""
        step = self._clock.step - 1
        limit = self._limit if self._norms else None
        norm = self._note_norm(optimizer, step)
        if self.guard is not None:
            norm = gradient_norm(optimizer) if norm is None else norm
            moment = Moment(step, tuple(self.losses.waiting), norm, limit, self.losses.rule)
            self.guard.before(optimizer, moment, self._clock.in_use)
        self._note_rates(optimizer, step)
        if step and self._calls.is_open and (self._calls.heard_any or step >= _PATIENCE):
            self._note_calls(step)
        if step % (self._every * _UPDATES_RARER) == 0:
            self._updates = Updates.before(optimizer)
            self._note_state(optimizer, step)

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        if not self._inside or torch.compiler.is_compiling():
            return
        if self._depth:
            self._depth -= 1
            return
        self._inside = False
        if self.guard is not None:
            self.guard.after()
        if self._updates is not None:
            self._note_updates(optimizer, self._updates, self._clock.step - 1)
            self._updates = None
        self._stepped()

    def _leave_raised(self) -> None:
        """A step that raised had no end: it is over."""
        if self._inside:
            if self.guard is not None:
                self.guard.after()
            self._inside, self._depth, self._updates = False, 0, None
            self._stepped()

    def _round(self, optimizer: Optimizer) -> None:
        """A step begins, or is skipped: it may open a round, before which the one before is closed."""
        if self._clock.opens(optimizer):
            self._close_round()
        if self._clock.tick(optimizer):
            self._open = True
        step = self._clock.step - 1
        self._meet(optimizer)
        if self._scaled is not None:
            loss, result = self._scaled
            self._readings.note("loss_scale", step, (result / loss).float())
            self._scaled = None

    def _stepped(self) -> None:
        self._own_losses += bool(self.losses.waiting)
        self.losses.stepped()
        if self._own_losses > 1:
            self.know("losses_a_step", 2.0)
        if self._clock.step == 1:
            self._calls.begin()

    def _close_round(self) -> None:
        if not self._open:
            return
        self._open, self._own_losses = False, 0
        self.losses.close_step()
        self._clock.complete = self._clock.step
        unread = self._clock.complete - self._first_unread
        if unread >= _MOST_UNREAD or time.monotonic() - self._told > _FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        seen = [bool(losses) for losses in self.losses.unread]
        for step, (value, is_seen) in enumerate(zip(self.losses.read(), seen, strict=True), self._first_unread):
            if is_seen and not self._logs_losses:
                self._readings.note("loss", step, value)
        self._first_unread += len(seen)
        self._told = time.monotonic()
        if not self._readings.is_empty:
            self._tell(self._readings.taken())

    # ------------------------------------------------------------------ what is read

    def _meet(self, optimizer: Optimizer) -> None:
        """Number its groups. The leading one trains most values; its optimizer leads while it is in use."""
        itself = weakref.ref(optimizer)
        known = sum(group is itself for group, _ in self._groups)
        if known == len(optimizer.param_groups):
            return
        self._groups += [(itself, index) for index in range(known, len(optimizer.param_groups))]
        leader = self._leading[0]() if self._leading is not None else None
        if leader is not None and leader is not optimizer and self._clock.in_use(leader):
            return
        leading = max(range(len(optimizer.param_groups)), key=lambda at: trained_values(optimizer.param_groups[at]))
        self._leading = (itself, leading)
        self.know("optimizer", type(optimizer).__name__)
        for name, value in group_settings(optimizer.param_groups[leading]).items():
            self.know(name, value)

    def _name(self, name: str, optimizer: Optimizer, index: int) -> str:
        """The leading group's series has the plain name, another one's its number behind it."""
        place = (weakref.ref(optimizer), index)
        return name if place == self._leading else f"{name}/{self._groups.index(place)}"

    def _note_rates(self, optimizer: Optimizer, step: int, factor: float = 1.0) -> None:
        """As the step is made with them; the factor is a guard's, of a step that is not made."""
        sampled = step % self._every == 0
        for index, group in enumerate(optimizer.param_groups):
            rate = group.get("lr")
            name = self._name("rate", optimizer, index)
            if rate is None or not (sampled or name == "rate"):
                continue
            if isinstance(rate, torch.Tensor):
                rate = rate.detach().clone().float()
            self._readings.note(name, step, rate if factor == 1.0 else rate * factor)

    def _note_norm(self, optimizer: Optimizer, step: int) -> torch.Tensor | None:
        norms, self._norms = self._norms, []
        if norms:  # the training takes it itself; of several parts of the model, that of all
            norm = norms[0] if len(norms) == 1 else together(norms)
        elif step % (self._every * -(-tensors_of(optimizer) // _CHEAP)) == 0:
            norm = gradient_norm(optimizer)
        else:
            return None
        if norm is not None:
            self._readings.note(self._of_optimizer("grad_norm", optimizer), step, norm)
        return norm

    def _note_updates(self, optimizer: Optimizer, updates: Updates, step: int) -> None:
        for index, ratio in enumerate(updates.ratios()):
            if ratio is not None:
                self._readings.note(self._name("update_ratio", optimizer, index), step, ratio)
            rate = effective_rate(optimizer, index)
            if rate is not None:
                self._readings.note(self._name("effective_rate", optimizer, index), step, rate)

    def _note_state(self, optimizer: Optimizer, step: int) -> None:
        """What the weights were before the first step, and which gradients are none or 0."""
        if self._leading is None or self._leading[0]() is not optimizer:
            return
        if step == 0:
            self._calls.weights.read(optimizer)
        if (zeros := zero_share(optimizer)) is not None:
            self._readings.note("zero_gradient", step, zeros)
        held, idle = idle_values(optimizer)
        self._idle = min(self._idle, idle)  # what had a gradient once is trained
        self.know("parameters_in_optimizer", float(held))
        self.know("parameters_without_gradient", float(self._idle))
        if step == 0 and is_loaded(optimizer):
            self.know("pretrained", 1.0)
        if self._lost and not self._calls.is_open:
            self._note_left_out()

    def _note_calls(self, step: int) -> None:
        """The second step's gradients are there: enough was heard of its model."""
        self._calls.end()
        for name, at, value in self._calls.readings(step):
            self._readings.note(name, at, value)
        self.know("weight_matrices", float(self._calls.matrices))
        if self._calls.recurrent:
            self.know("recurrent", 1.0)
        self._note_left_out()

    def _note_left_out(self) -> None:
        """The least that was ever left out: another optimizer may have its turn later."""
        if (counted := self._calls.left_out() if self._sees_all else None) is not None and counted[0]:
            self._lost = min(self._lost, counted[1])
            self.know("parameters", float(counted[0]))
            self.know("parameters_left_out", float(self._lost))

    def _held(self) -> Iterator[torch.Tensor]:
        """What the optimizers train."""
        for optimizer in {group: None for group, _ in self._groups}:
            for group in getattr(optimizer(), "param_groups", ()):
                yield from group["params"]

    def _of_optimizer(self, name: str, optimizer: Optimizer) -> str:
        leads = self._leading is not None and self._leading[0]() is optimizer
        return name if leads else f"{name}/{self._groups.index((weakref.ref(optimizer), 0))}"

    # ------------------------------------------------------------------ what is heard

    def backward(self, tensors: Any) -> None:
        """A backward pass begins. A closure is called again and again: within a step the first one counts."""
        if self._inside and not steps_around():
            self._leave_raised()
        given = (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
        if len(given) == 1 and not (self._inside and self.losses.waiting):
            self._hear_classes(given[0])
        self.losses.add(*given, inside=self._inside)

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss: the unscaled one is the loss."""
        self.losses.scaled(loss, result)
        self._hear_classes(loss)
        if loss.numel() == 1:
            self._scaled = (loss.detach(), result.detach())

    def _hear_classes(self, loss: torch.Tensor) -> None:
        """Read the number of classes from the first loss."""
        classes = None if self._clock.step else classes_of(loss)
        if classes is not None:
            self.know("classes", float(classes))

    def scaler_stepped(self, optimizer: Optimizer) -> None:
        """A scaler's step returned. Losses that still wait are those of a step that it skipped."""
        if self.losses.waiting:
            self._norms.clear()
            self._round(optimizer)
            self._note_rates(optimizer, self._clock.step - 1, 1.0 if self.guard is None else self.guard.factor)
            self._stepped()

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        """Gradients were clipped."""
        self._norms.append(own_part(norm.detach()))
        self._limit = limit
        self.know("clip", limit)

    def _acted(self, kind: Kind, step: int, value: float) -> None:
        """The guard has changed something."""
        self._readings.note(series_of(kind), step, value)
