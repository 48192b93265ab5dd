"""What is read of a step while its gradients are there: rates, norms, updates, and now and then the state of the model.

Path:   an optimizer about to step, or that has stepped -> values and facts -> `Readings`.
Units:  a step is one round of the optimizers (`clock`); rates are as the optimizer had them.

Nothing is drawn, nothing is written to, and no step waits for the device.
"""

import math
import sys
from collections.abc import Callable

import torch
from torch.optim import Optimizer

from ratecraft.training.instrument.loss_graph import classes_of
from ratecraft.training.instrument.sharding import is_split, own_part
from ratecraft.training.observing.calls import Calls
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.groups import Groups
from ratecraft.training.observing.norms import Updates, effective_rate, gradient_norm, tensors_of, together
from ratecraft.training.observing.readings import Readings
from ratecraft.training.observing.state import acts, idle_values, is_loaded, zero_share

_UPDATES_RARER = 10  # an update is read at every tenth reading of a norm: it costs copies
_CHEAP = 50  # parameters; a norm of more is read more rarely, so that it costs the same
_PATIENCE = 16  # steps without a call of a module: the model is none, or compiled within something


class StepReader:
    """Reads steps, those of all optimizers.

    Args:
        readings: Takes what is read.
        every: Steps between two readings of a norm of gradients that the training itself does not take.
        sees_all: Whether every optimizer of the process is followed, so that what none has is left out.
        boundary: The boundary within which calls of modules are heard.
    """

    def __init__(self, readings: Readings, every: int, sees_all: Callable[[], bool], boundary: ErrorBoundary) -> None:
        self._readings, self._every, self._sees_all = readings, every, sees_all
        self.groups = Groups(readings.know)
        self._calls = Calls(self.groups.parameters, boundary)
        self._scaled: tuple[torch.Tensor, torch.Tensor] | None = None
        self._norms: list[torch.Tensor] = []
        self._limit = math.inf
        self._updates: Updates | None = None
        self._idle = self._lost = sys.maxsize

    def first_loss(self, loss: torch.Tensor) -> None:
        """Before the first step: the number of classes, where the loss is one of classes."""
        classes = classes_of(loss)
        if classes is not None:
            self._readings.know("classes", float(classes))

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler scaled a loss; its scale is noted at the step that begins next."""
        if loss.numel() == 1:
            self._scaled = (loss.detach(), result.detach())

    def begins(self, optimizer: Optimizer, step: int, in_use: Callable[[Optimizer], bool]) -> None:
        """A step of an optimizer begins, or is skipped."""
        self.groups.meet(optimizer, in_use)
        if self._scaled is not None:
            loss, result = self._scaled
            self._readings.note("loss_scale", step, (result / loss).float())
            self._scaled = None

    def clipped(self, limit: float, norm: torch.Tensor) -> None:
        """The training clipped its gradients, and so took their norm."""
        self._norms.append(own_part(norm.detach()))
        self._limit = limit
        self._readings.know("clip", limit)

    def skipped(self) -> None:
        """The step is not made: its norms are of no use."""
        self._norms.clear()

    @property
    def limit(self) -> float | None:
        """The norm to which the gradients of this step were clipped; None where they were not."""
        return self._limit if self._norms else None

    def norm(self, optimizer: Optimizer, step: int) -> torch.Tensor | None:
        """Note the norm of the gradients of a step, where it is known or it is time to take it."""
        norms, self._norms = self._norms, []
        if norms:  # the training takes it itself; of several parts of the model, that of all
            norm = norms[0] if len(norms) == 1 else together(norms)
        elif step % (self._every * -(-tensors_of(optimizer) // _CHEAP)) == 0:
            norm = gradient_norm(optimizer)
        else:
            return None
        if norm is not None:
            self._readings.note(self.groups.name_of_all("grad_norm", optimizer), step, norm)
        return norm

    def rates(self, optimizer: Optimizer, step: int, factor: float = 1.0) -> None:
        """Note rates as the step is made with them; the factor is a guard's, of a step that is not made."""
        sampled = step % self._every == 0
        for index, group in enumerate(optimizer.param_groups):
            rate = group.get("lr")
            name = self.groups.name("rate", optimizer, index)
            if rate is None or not (sampled or name == "rate"):
                continue
            if isinstance(rate, torch.Tensor):
                rate = rate.detach().clone().float()
            self._readings.note(name, step, rate if factor == 1.0 else rate * factor)

    def gradients(self, optimizer: Optimizer, step: int) -> None:
        """The gradients are about to be used, as they are."""
        self.rates(optimizer, step)
        if step and self._calls.is_open and (self._calls.heard_any or step >= _PATIENCE):
            self._hear_calls(step)
        if step % (self._every * _UPDATES_RARER) == 0:
            self._updates = Updates.before(optimizer)
            self._state(optimizer, step)

    def stepped(self, optimizer: Optimizer, step: int) -> None:
        """The step is made: what it changed."""
        updates, self._updates = self._updates, None
        for index, ratio in enumerate(updates.ratios() if updates else ()):
            if ratio is not None:
                self._readings.note(self.groups.name("update_ratio", optimizer, index), step, ratio)
            rate = effective_rate(optimizer, index)
            if rate is not None:
                self._readings.note(self.groups.name("effective_rate", optimizer, index), step, rate)

    def raised(self) -> None:
        """The step ended with an exception."""
        self._updates = None

    def hear_calls(self) -> None:
        """Hear what networks are given, until the gradients of the next step are there."""
        self._calls.begin()

    def close(self) -> None:
        """Hear no more of it."""
        self._calls.end()

    def _state(self, optimizer: Optimizer, step: int) -> None:
        """What the weights were before the first step, and which gradients are none or 0."""
        if not self.groups.leads(optimizer):
            return
        if step == 0:
            self._calls.weights.read(optimizer)
        if (zeros := zero_share(optimizer)) is not None:
            self._readings.note("zero_gradient", step, zeros)
        held, idle = idle_values(optimizer)
        self._idle = min(self._idle, idle)  # what had a gradient once is trained
        self._readings.know("parameters_in_optimizer", float(held))
        self._readings.know("parameters_without_gradient", float(self._idle))
        if step == 0 and is_loaded(optimizer):
            self._readings.know("pretrained", 1.0)
        if step == 0 and all(is_split(tensor) for group in optimizer.param_groups for tensor in group["params"]):
            self._readings.know("weights_sharded", 1.0)
        if self._lost and not self._calls.is_open:
            self._left_out()

    def _hear_calls(self, step: int) -> None:
        """The second step's gradients are there: enough was heard of its model."""
        self._calls.end()
        for name, at, value in self._calls.readings(step):
            self._readings.note(name, at, value)
        self._readings.know("weight_matrices", float(self._calls.matrices))
        if self._calls.recurrent:
            self._readings.know("recurrent", 1.0)
        if acts():
            self._readings.know("acts", 1.0)
        self._left_out()

    def _left_out(self) -> None:
        """The least that was ever left out: another optimizer may have its turn later."""
        if (counted := self._calls.left_out() if self._sees_all() else None) is not None and counted[0]:
            self._lost = min(self._lost, counted[1])
            self._readings.know("parameters", float(counted[0]))
            self._readings.know("parameters_left_out", float(self._lost))
