"""Evaluates a run after its last step: its weights stay frozen until a score has come.

Path:   the host freezes -> the script goes on -> its figure, or the mean loss of frozen batches, is the score.
Units:  a frozen step is a round of the optimizers in which none of them did anything.

While frozen, `Optimizer.step` does nothing, backward is skipped, batch-norm statistics stand still. The training loader
ends early (`census`, and `figure` of a script that evaluates where an epoch ends), so that the script comes to its own
evaluation; one that counts its steps goes on, frozen, to the step at which it evaluates. A figure counts only when a
module ran without gradients, or the model in eval mode, since the last step: that rejects what a progress bar still
shows. Of a script that evaluates in training mode with gradients it counts once the pass before it turns out to be none
of training: the model is called again, and that pass never went backward.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim import Optimizer

from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import choose_metric, is_reward
from ratecraft.training.instrument.clock import Clock
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.passes import compiles
from ratecraft.training.instrument.state import living_modules, original
from ratecraft.training.scoring.figures import is_read_off
from ratecraft.training.scoring.raw_output import output_place
from ratecraft.training.scoring.remembering import remember


@dataclass
class Evaluation:
    """A run with frozen weights until it has a score.

    Attributes:
        how: What the job asks for.
        clock: Counts frozen steps.
        model: The outermost modules of the model.
        losses: Losses of the frozen steps, including those already waiting for the first of them.
        value: The score, once there is one.
        values: Losses of the frozen steps that scored it.
        complete: Whether nothing more is expected, so that the next training act ends the run.
        place: Position in the run's output when the last step was done.
    """

    how: Evaluate
    clock: Clock = field(default_factory=Clock)
    model: Sequence[nn.Module] = ()
    losses: Losses = field(default_factory=Losses)
    value: float | None = None
    values: list[float] = field(default_factory=list[float])
    complete: bool = False
    place: int = field(default_factory=output_place)
    _evaluated: bool = False
    _passed: bool = False
    _unproven: float | None = None
    _bar: float | None = None
    _late: float | None = None
    _is_printed: bool = False
    _earned: list[float] = field(default_factory=list[float])

    @property
    def ends_epochs(self) -> bool:
        """Whether the training loader is ended early, so that the script comes to its evaluation."""
        return self.how.kind == "census" or (self.how.kind == "figure" and self.how.lead == "epoch-end")

    @property
    def frozen(self) -> int:
        """Frozen steps so far."""
        return self.clock.complete

    def watch(self, *, remembers: bool = True) -> None:
        """From now on, hold statistics fixed and watch forward passes. Before the last step, this costs nothing.

        Args:
            remembers: Whether the frozen model may answer from memory. It must not if a scaler makes the script go
                backward, which takes a graph of its own each time, nor with other processes, which it exchanges buffers
                and weights with.
        """
        if self.how.kind == "figure" and self.how.lead == "steps" and remembers and not compiles():
            for top in self.model:
                remember(top, self._from_memory)
        for top in self.model:
            for module in top.modules():
                _keep_statistics(module)
        if not compiles():
            register_module_forward_pre_hook(self._forward)
            return
        for module in living_modules():  # a compiled module would compile a hook for all along with it, and fail
            if original(module) is not module:
                module.register_forward_pre_hook(self._forward)

    def in_eval_mode(self, module: nn.Module) -> None:
        """A module was put in eval mode. A part of the model alone may be a frozen one in training."""
        self._evaluated = self._evaluated or any(original(module) is top for top in self.model)

    def _forward(self, module: nn.Module, inputs: Any) -> None:
        _keep_statistics(module)
        if not torch.is_grad_enabled():
            self._evaluated = True
        elif not module.training:
            self.in_eval_mode(module)
        elif any(module is top for top in self.model):
            self._passes_in_training()

    def _passes_in_training(self) -> None:
        """The whole model is called, gradients on: so the pass before, if it never went backward, was an evaluation."""
        if self._unproven is not None and not self.complete:
            self.value, self.complete, self._is_printed = self._unproven, True, True
        self._passed = True

    def _from_memory(self) -> None:
        self._passed = False

    def goes_backward(self) -> None:
        """A backward pass or a step begins, so the last forward pass belonged to training."""
        self._passed, self._unproven = False, None

    def heard(self, name: str, value: float, source: str) -> None:
        """A figure was reported. Until the run ends, one in full precision replaces a printed one.

        An agent's reward is reported episode by episode: the mean over an evaluation counts.
        """
        if self.how.kind == "census" and self.how.steps and self._evaluated:
            wanted = name == self.how.metric if self.how.metric else choose_metric((name,)) is not None
            self.complete = self.complete or wanted
        if self.how.kind != "figure" or name != self.how.metric:
            return
        self._late = value
        if not self._evaluated:
            self._unproven = value if self._passed and source != "bar" else self._unproven
            return
        if source == "bar":
            self._bar = value
        elif self.value is None or (self._is_printed and not is_read_off(source)):
            self.value, self.complete, self._is_printed = value, True, is_read_off(source)
            self._earned = [value]
        elif self._is_printed == is_read_off(source) and is_reward(name):  # of several episodes: their mean
            self._earned.append(value)
            self.value = statistics.fmean(self._earned)

    def stepped(self, optimizer: Optimizer) -> None:
        """The script called `step`, which did nothing."""
        self.goes_backward()
        if self.clock.opens(optimizer) and self.clock.step > self.clock.complete:
            self._close_round()
        self.clock.tick(optimizer)
        self.losses.stepped()
        if self.clock.all_had_turn:
            self._close_round()

    def ended(self) -> None:
        """The script came to its own end: the latest figure is the score."""
        if self.how.kind == "frozen" and not self.complete:
            self._take_mean()
        elif self.how.kind == "figure" and self.value is None:
            self.value = self._late if self._bar is None else self._bar
        self.complete = True

    def _close_round(self) -> None:
        self.clock.complete = self.clock.step
        if self.how.kind == "frozen":
            self.losses.close_step()
        else:
            self.losses.current.clear()
        if self.complete or not self.how.steps or self.frozen < self.how.steps:
            return
        if self.how.kind == "frozen":
            self._take_mean()
        else:
            self.value, self.complete = self._bar, True

    def _take_mean(self) -> None:
        self.losses.unread = [step for step in self.losses.unread if step]  # a step without a loss tells nothing
        self.values = self.losses.read()
        self.value = statistics.fmean(self.values) if self.values else None
        self.complete = True


def _keep_statistics(module: Any) -> None:
    """Frozen passes leave batch-norm statistics alone: 90 of them moved a figure by 0.3 % without this."""
    if getattr(module, "running_mean", None) is not None:
        module.momentum = 0.0
