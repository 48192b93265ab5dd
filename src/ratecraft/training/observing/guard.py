"""Does what a guard's policy says, around an optimizer's step: the only part of a watch that changes a training.

Path:   the sensor, just before an update -> `Reading` -> policy (given by `api`) -> gradients hidden or shrunk, copies
        taken and put back, the rate made smaller while the step is made; each act is told to the sensor.

An update is left out by hiding its gradients: an optimizer passes over parameters that have none, so that neither
weights nor moments nor weight decay move. Gradients and the training's own rate are put back after the step. To decide
before an update whether to make it, the norm and the loss are waited for at each step: on a GPU the one price of it.
"""

import gc
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import LBFGS, Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ratecraft.records.metrics import choose_metric
from ratecraft.records.watching.guarding import ACTS, HELD, Action, Kind, Policy, Reading, Update, Validated
from ratecraft.training.instrument.clock import will_skip
from ratecraft.training.instrument.losses import LossRule, Seen, transferred
from ratecraft.training.instrument.sharding import is_sharded
from ratecraft.training.instrument.state import Copy, Model
from ratecraft.training.observing.agreeing import Agreeing, Values, with_limit
from ratecraft.training.observing.buffers import Buffers

__all__ = ["Guarding", "Moment"]

_Pairs: TypeAlias = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class Moment:
    """An update that is about to be made, as the sensor knows it; no value has been read yet.

    Attributes:
        step: Number of the step.
        losses: The losses that the step is made for; `rule` makes one loss of them.
        norm: Norm of all gradients before any clipping; None if there are none.
        limit: What the training itself has clipped them to.
    """

    step: int
    losses: Sequence[Seen]
    norm: torch.Tensor | None
    limit: float | None = None
    rule: LossRule = field(default_factory=LossRule)


@dataclass
class Guarding:
    """A guard at work on one training with one optimizer.

    Attributes:
        policy: What it does.
        note: Takes each act that changes the training: its kind, step and value.
        know: Takes facts about the run.
        holds: Once the policy ends the training, put the best weights back and keep them: for a script that cannot be
            asked to stop.
        agreeing: With the other ranks of the run; None if it is one process.
        factor: What the training's own rate is multiplied with.
        should_stop: The policy has ended the training.
    """

    policy: Policy
    note: Callable[[Kind, int, float], None]
    know: Callable[[str, float], None]
    holds: bool = False
    agreeing: Agreeing | None = None
    factor: float = 1.0
    should_stop: bool = False
    _state: Any = None
    _model: Model = field(default_factory=Model)
    _optimizer: "weakref.ref[Optimizer] | None" = None
    _left: "weakref.WeakSet[Optimizer]" = field(default_factory=weakref.WeakSet)
    _is_off: bool = False
    _copies: Mapping[int, Copy] = field(default_factory=dict[int, Copy])
    _moving: _Pairs = field(default_factory=list[tuple[torch.Tensor, torch.Tensor]])
    _buffers: Buffers = field(default_factory=Buffers)
    _early: tuple[Validated, ...] = ()
    _best: _Pairs = field(default_factory=list[tuple[torch.Tensor, torch.Tensor]])
    _metric: str = ""
    _figures: int = 0
    _reacts: bool = False
    _names: set[str] = field(default_factory=set[str])
    _hidden: _Pairs = field(default_factory=list[tuple[torch.Tensor, torch.Tensor]])
    _rates: list[tuple[dict[str, Any], Any]] = field(default_factory=list[tuple[dict[str, Any], Any]])

    def before(self, optimizer: Optimizer, moment: Moment, in_use: Callable[[Optimizer], bool]) -> None:
        """An update is about to be made, its gradients are there."""
        if self._is_off or not self._is_its(optimizer) or will_skip(optimizer):
            return
        self._model.stepped_by(optimizer, in_use)
        if self.should_stop:
            self._hold(optimizer)
            return
        early, self._early = self._early, ()
        values = self._values(moment, early)
        if values is None:
            self._stand_down()
            return
        for reading in early if self.agreeing is None else (values.figure,):
            if reading is not None:  # its weights are those from before this update
                self._answer(reading, None, moment)
        if self.should_stop:
            self._hold(optimizer)
            return
        if self.agreeing is not None and values.norm is not None:
            moment = replace(moment, norm=torch.tensor(values.norm))
        self._answer(_update(optimizer, moment, with_limit(values, moment.limit)), optimizer, moment)
        self._slow(optimizer)

    def after(self) -> None:
        """The step is over, or has raised: gradients and rates are the training's own again."""
        for parameter, gradient in self._hidden:
            parameter.grad = gradient
        for group, rate in self._rates:
            group["lr"] = rate
        self._hidden, self._rates = [], []

    def figure(self, name: str, step: int, value: float | torch.Tensor) -> None:
        """The training told a figure. Of several validation figures one counts: a loss, else the first."""
        if self._is_off or self.should_stop or not name.startswith("val_"):
            return
        if not self._metric and ("loss" in name or name in self._names):  # when one comes again, all have come
            chosen = choose_metric(sorted(self._names | {name}))
            self._metric = "" if chosen is None else chosen.name
        self._names.add(name)
        metric = choose_metric([name])
        if metric is None or metric.name != self._metric:
            return
        score, optimizer = metric.sign() * float(value), self._optimizer() if self._optimizer is not None else None
        if optimizer is None:
            self._early += (Validated(step, score),)
            return
        self._figures += 1
        if self._figures.bit_count() == 1:  # rarely: every object is looked at
            self._reacts = _reacts(optimizer)
        told = Validated(step, score, self._reacts)
        if self.agreeing is None:
            self._answer(told, None, Moment(step, (), None))
        else:  # the other ranks learn of it before the next update
            self._early += (told,)

    def closure_of(self, optimizer: Optimizer) -> Callable[[], None]:
        """Told of each call of a step's closure: one that looks about from other weights than the run's is too much."""
        weight: Any = next(parameter for group in optimizer.param_groups for parameter in group["params"])
        version, is_first = weight._version, True  # noqa: SLF001

        def called() -> None:
            nonlocal is_first
            if not is_first or weight._version != version:  # noqa: SLF001
                self._stand_down()
            is_first = False

        return called

    def close(self) -> None:
        """The training is over: only the best weights are kept."""
        self._copies, self._moving = {}, []

    def restore_best(self) -> bool:
        """Put the weights of the best validation figure back; whether there are any."""
        _put_back(self._best)
        return bool(self._best)

    # ------------------------------------------------------------------ what is asked

    def _is_its(self, optimizer: Optimizer) -> bool:
        """One optimizer is guarded. Another one after it starts again; if the first returns, the guard gives up."""
        known = self._optimizer() if self._optimizer is not None else None
        if known is optimizer:
            return True
        if optimizer in self._left or isinstance(optimizer, LBFGS):  # which asks for several gradients a step
            self._stand_down()
            return False
        if known is not None:
            self._left.add(known)
        self._optimizer, self._state, self._model = weakref.ref(optimizer), None, Model()
        self._copies, self._moving, self._best, self._figures, self.factor = {}, [], [], 0, 1.0
        return True

    def _stand_down(self) -> None:
        """The training is only watched from now on."""
        if not self._is_off:
            if self.agreeing is not None:
                self.agreeing.leave()
            self._is_off, self._copies, self._moving, self._best, self.factor = True, {}, [], [], 1.0
            self.know("guard_off", 1.0)

    def _values(self, moment: Moment, figures: Sequence[Validated]) -> Values | None:
        """The readings before an update, agreed with the other ranks; None if they disagree."""
        grown = self._buffers.growth([tensor for tensor, _ in self._moving])
        losses = [seen.loss for seen in moment.losses]
        beside = [norm for norm in (moment.norm, grown) if norm is not None]
        values = transferred([tensor.detach().float().reshape(()) for tensor in (*losses, *beside)])
        growth = values.pop() if grown is not None else None
        norm = values.pop() if moment.norm is not None else None
        is_number = norm is None or abs(norm) < float("inf")
        loss = moment.rule.joined(values, [seen.origin for seen in moment.losses]) if values else None
        own = Values(loss, norm, growth, not is_number and self._model.is_broken(), figures[-1] if figures else None)
        if self.agreeing is None:
            return own
        return self.agreeing.agreed(moment.step, own, sharded=any(map(is_sharded, self._model.modules)))

    def _answer(self, reading: Reading, optimizer: Optimizer | None, moment: Moment) -> None:
        self._state, acts = self.policy(self._state, reading)
        for act in acts:
            self._do(act, optimizer, moment)

    # ------------------------------------------------------------------ what is done

    def _do(self, act: Action, optimizer: Optimizer | None, moment: Moment) -> None:
        match act.kind:
            case "copy":
                self._copy(moment.step)
            case "keep":
                self._best = [(tensor, tensor.detach().clone()) for tensor in self._model.tensors()]
                self._tell_memory()
            case "cut":
                self.factor = act.value
            case "stop" | "end":
                self.should_stop = True
                if self.holds:
                    self.know(HELD, 1.0)
                if not self._best and int(act.value) in self._copies:  # the run is lost: what it was before that
                    self._go_back(int(act.value), optimizer)
            case "skip" if optimizer is not None:
                self._leave_out(optimizer)
            case "back":
                self._go_back(int(act.value), optimizer)
            case "mend":
                _put_back(self._moving)
                self._buffers.forget()
            case "clip" if optimizer is not None and moment.norm is not None:
                self._shrink(optimizer, moment.norm, act.value)
            case _:
                pass
        if act.kind in ACTS:
            self.note(act.kind, moment.step, act.value)
        if self.should_stop:
            self._hold(optimizer)

    @torch.no_grad()
    def _copy(self, step: int) -> None:
        """Keep the last two."""
        last = list(self._copies)[-1:]
        self._copies = {other: self._copies[other] for other in last} | {step: Copy.take(self._model)}
        self._hold_against(self._copies[step])
        self._tell_memory()

    def _go_back(self, step: int, optimizer: Optimizer | None) -> None:
        """Later copies are forgotten, as the policy forgets them."""
        self._copies = {at: copy for at, copy in self._copies.items() if at <= step}
        self._copies[step].put_back()
        self._buffers = Buffers()
        self._hold_against(self._copies[step])
        if optimizer is not None:  # whose gradients are those of the state that is left
            self._leave_out(optimizer)

    def _hold_against(self, copy: Copy) -> None:
        self._moving = _buffers_of(copy)
        self._buffers.growth([tensor for tensor, _ in self._moving])

    def _tell_memory(self) -> None:
        kept = [[value for _, value in self._best], *map(_tensors_of, self._copies.values())]
        self.know("guard_bytes", float(sum(tensor.numel() * tensor.element_size() for one in kept for tensor in one)))

    def _leave_out(self, optimizer: Optimizer) -> None:
        """Hide the gradients."""
        parameters = [
            parameter for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None
        ]
        self._hidden += [(parameter, parameter.grad) for parameter in parameters]
        for parameter in parameters:
            parameter.grad = None

    @torch.no_grad()
    def _shrink(self, optimizer: Optimizer, norm: torch.Tensor, limit: float) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_((limit / norm).to(parameter.grad.device))

    def _slow(self, optimizer: Optimizer) -> None:
        """While the step is made, its groups have their rates times the factor."""
        if self.factor == 1.0 or self._rates:
            return
        self._rates = [(group, group["lr"]) for group in optimizer.param_groups if "lr" in group]
        for group, rate in self._rates:
            group["lr"] = rate * self.factor

    def _hold(self, optimizer: Optimizer | None) -> None:
        """Where the training cannot be asked to stop, its weights stay the best ones."""
        if self.holds:
            self.restore_best()
            if optimizer is not None:
                self._leave_out(optimizer)


def _update(optimizer: Optimizer, moment: Moment, values: Values) -> Update:
    rates = [group["lr"] for group in optimizer.param_groups if "lr" in group]
    return Update(
        moment.step,
        values.loss,
        values.norm,
        float(rates[0]) if rates else None,
        clips=moment.limit is not None,
        growth=values.growth,
        broken=values.broken,
    )


@torch.no_grad()
def _put_back(pairs: _Pairs) -> None:
    for tensor, value in pairs:
        tensor.copy_(value)


def _reacts(optimizer: Optimizer) -> bool:
    """Whether the training itself lowers the optimizer's rate on a plateau."""
    living = (candidate for candidate in gc.get_objects() if issubclass(type(candidate), ReduceLROnPlateau))
    return any(getattr(module, "optimizer", None) is optimizer for module in living)


def _buffers_of(copy: Copy) -> _Pairs:
    return [pair for pair in copy.tensors if not isinstance(pair[0], nn.Parameter) and not pair[0].requires_grad]


def _tensors_of(copy: Copy) -> list[torch.Tensor]:
    """What a copy holds: weights, buffers, and what the optimizer keeps of each parameter."""
    states = [state for _, optimizer, _ in copy.optimizers for state in optimizer.values()]
    kept = [value for state in states for value in state.values() if isinstance(value, torch.Tensor)]
    return [value for _, value in copy.tensors] + kept
