"""Does what a guard's policy says, around an optimizer's step: the only part of a watch that changes a training.

Path:   the sensor, just before an update -> `guard_readings` -> policy (given by `api`) -> the step altered
        (`altered_step`), copies taken and put back (`state_copies`); each act is told to the sensor.

To decide before an update whether to make it, the norm and the loss are waited for at each step: on a GPU the one price
of it.
"""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.optim import LBFGS, Optimizer

from ratecraft.records.watching.guarding import ACTS, HELD, Action, Kind, Policy, Reading, Validated
from ratecraft.training.instrument.clock import will_skip
from ratecraft.training.instrument.sharding import is_sharded
from ratecraft.training.observing.agreeing import Agreeing, Values, with_limit
from ratecraft.training.observing.altered_step import AlteredStep
from ratecraft.training.observing.guard_readings import Moment, update_of, values_of
from ratecraft.training.observing.state_copies import StateCopies
from ratecraft.training.observing.validation import ValidationFigure


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
    _optimizer: "weakref.ref[Optimizer] | None" = None
    _left: "weakref.WeakSet[Optimizer]" = field(default_factory=weakref.WeakSet)
    _is_off: bool = False
    _copies: StateCopies = field(default_factory=StateCopies)
    _altered: AlteredStep = field(default_factory=AlteredStep)
    _validation: ValidationFigure = field(default_factory=ValidationFigure)
    _early: tuple[Validated, ...] = ()

    def before(self, optimizer: Optimizer, moment: Moment, in_use: Callable[[Optimizer], bool]) -> None:
        """An update is about to be made, its gradients are there."""
        if self._is_off or not self._is_its(optimizer) or will_skip(optimizer):
            return
        self._copies.model.stepped_by(optimizer, in_use)
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
        self._answer(update_of(optimizer, moment, with_limit(values, moment.limit)), optimizer, moment)
        self._altered.slow(optimizer, self.factor)

    def after(self) -> None:
        """The step is over, or has raised: gradients and rates are the training's own again."""
        self._altered.put_back()

    def figure(self, name: str, step: int, value: float | torch.Tensor) -> None:
        """The training told a figure; it counts if it is the validation figure that the guard goes by."""
        if self._is_off or self.should_stop:
            return
        score = self._validation.score(name, value)
        if score is None:
            return
        optimizer = self._optimizer() if self._optimizer is not None else None
        if optimizer is None:
            self._early += (Validated(step, score),)
            return
        told = Validated(step, score, self._validation.is_reacted_to(optimizer))
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
        self._copies.keep_only_best()

    def restore_best(self) -> bool:
        """Put the weights of the best validation figure back; whether there are any."""
        self._copies.restore_best()
        return self._copies.has_best

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
        self._optimizer, self._state, self.factor = weakref.ref(optimizer), None, 1.0
        self._copies = StateCopies()
        self._validation.look_anew()
        return True

    def _stand_down(self) -> None:
        """The training is only watched from now on."""
        if not self._is_off:
            if self.agreeing is not None:
                self.agreeing.leave()
            self._is_off, self.factor = True, 1.0
            self._copies.forget()
            self.know("guard_off", 1.0)

    def _values(self, moment: Moment, figures: Sequence[Validated]) -> Values | None:
        """The readings before an update, agreed with the other ranks; None if they disagree."""
        own = values_of(moment, self._copies.growth(), self._copies.model, figures)
        if self.agreeing is None:
            return own
        return self.agreeing.agreed(moment.step, own, sharded=any(map(is_sharded, self._copies.model.modules)))

    def _answer(self, reading: Reading, optimizer: Optimizer | None, moment: Moment) -> None:
        self._state, acts = self.policy(self._state, reading)
        for act in acts:
            self._do(act, optimizer, moment)

    # ------------------------------------------------------------------ what is done

    def _do(self, act: Action, optimizer: Optimizer | None, moment: Moment) -> None:
        match act.kind:
            case "copy":
                self._copies.take(moment.step)
                self.know("guard_bytes", self._copies.size)
            case "keep":
                self._copies.keep_best()
                self.know("guard_bytes", self._copies.size)
            case "cut":
                self.factor = act.value
            case "stop" | "end":
                self._stop(int(act.value), optimizer)
            case "skip" if optimizer is not None:
                self._altered.leave_out(optimizer)
            case "back":
                self._go_back(int(act.value), optimizer)
            case "mend":
                self._copies.restore_buffers()
            case "clip" if optimizer is not None and moment.norm is not None:
                self._altered.shrink(optimizer, moment.norm, act.value)
            case _:
                pass
        if act.kind in ACTS:
            self.note(act.kind, moment.step, act.value)
        if self.should_stop:
            self._hold(optimizer)

    def _stop(self, step: int, optimizer: Optimizer | None) -> None:
        self.should_stop = True
        if self.holds:
            self.know(HELD, 1.0)
        if not self._copies.has_best and self._copies.has(step):  # the run is lost: what it was before that
            self._go_back(step, optimizer)

    def _go_back(self, step: int, optimizer: Optimizer | None) -> None:
        self._copies.go_back(step)
        if optimizer is not None:  # whose gradients are those of the state that is left
            self._altered.leave_out(optimizer)

    def _hold(self, optimizer: Optimizer | None) -> None:
        """Where the training cannot be asked to stop, its weights stay the best ones."""
        if self.holds:
            self.restore_best()
            if optimizer is not None:
                self._altered.leave_out(optimizer)
