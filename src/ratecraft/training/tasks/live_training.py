"""The live copies of a task in training: gradients, updates, validations, and losses without an update.

Path:   batches of the task, its own functions -> losses -> steps of the optimizer, figures of the validation.
Units:  a step is one of the optimizer, of `accumulate` batches.

All is done with copies that belong together as the user's own objects do; those are never touched.
"""

import copy
import math
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.utils.clip_grad import clip_grad_norm_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau
from torch.utils.data import DataLoader

from ratecraft.errors import InvalidInput
from ratecraft.training.hosting.treatments import Treating
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.state import Model
from ratecraft.training.tasks.batches import Batches, copy_of_loader, samples_in
from ratecraft.training.tasks.named_figures import named_figures
from ratecraft.training.tasks.random_state import RandomState, generators_in
from ratecraft.training.tasks.snapshot import ForwardState, Live
from ratecraft.training.tasks.task import Task

_OWN_TO_THE_COPY = ("defaults", "state", "param_groups", "step")


class LiveTraining:
    """Copies of what a task holds, and what the run at work does with them.

    Args:
        task: The task, whose own objects stay as they are.

    Attributes:
        task: As given.
        live: The copies.
        state: Their state.
        generators: The random generators of the task's own objects.
        batches: The stream of its data.
        samples: Samples of its largest batch so far; None while none tells.

    Raises:
        InvalidInput: Something cannot be copied.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.live = _copied(task.model, task.optimizer, task.scheduler, task.scaler)
        if not self.live.model.training:
            self.live.model.train()
        in_use = task.scaler is not None and task.scaler.is_enabled()
        self._scaler = self.live.scaler if in_use else None
        self.state = Model([self.live.model], [self.live.optimizer], [self._scaler] if in_use else [])
        self.generators = generators_in(task.data, task.loss, task.validation)
        self.batches = Batches(task.data, task.batch_size, self.generators)
        self.samples: int | None = None

    def backward(self, heard: Callable[[torch.Tensor], object], treating: Treating) -> None:
        """Compute gradients of the next batches; `heard` is called with each loss, as its share of the step's loss."""
        for parameter in self.live.model.parameters():
            parameter.grad = None
        for _ in range(self.task.accumulate):
            loss = self.next_loss(treating)
            heard(loss)
            (loss if self._scaler is None else self._scaler.scale(loss)).backward()  # pyright: ignore[reportUnknownMemberType]

    def update(self, rates: Rates, step: int, treating: Treating) -> bool:
        """Move the weights by the gradients, at the rates of this step; False if a scaler skipped it."""
        optimizer, scaler = self.live.optimizer, self._scaler
        if scaler is not None and (self.task.clip_norm is not None or treating.name):
            scaler.unscale_(optimizer)
        if self.task.clip_norm is not None:
            clip_grad_norm_(self.live.model.parameters(), self.task.clip_norm)
        treating.treat(optimizer, step)
        rates.write(optimizer, step)
        try:
            if scaler is None:
                optimizer.step()
                return True
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            return scaler.get_scale() >= scale
        finally:
            rates.restore()

    def next_loss(self, treating: Treating | None = None) -> torch.Tensor:
        """The loss of the next batch, or of the one that a treatment gives for it, as its share of a step's."""
        read = self.batches.take()
        batch = read if treating is None else treating.batch(read)
        self.samples = max(filter(None, (self.samples, samples_in(batch))), default=None)
        loss = _single_loss(self.task, self.live.model, batch)
        return loss / self.task.accumulate if self.task.accumulate > 1 else loss

    def step_scheduler(self, step: int, figures: Mapping[str, float] | None) -> None:
        """Let the task's scheduler set its next rates, after this many steps and the latest validation."""
        scheduler = self.live.scheduler
        if isinstance(scheduler, ReduceLROnPlateau):
            if figures:
                scheduler.step(next(iter(figures.values())))  # pyright: ignore[reportUnknownMemberType]
        elif scheduler is not None and step % self.task.scheduler_every == 0:
            scheduler.step()

    def validate(self) -> Mapping[str, float]:
        """The figures of the validation, by name; the run is as it was."""
        with self._unchanged(), torch.no_grad():
            self.live.model.eval()
            return _figures_of(self.task, self.live.model)

    def frozen_losses(self, steps: int, treating: Treating) -> list[float]:
        """The losses of the next steps without their updates; the run is as it was."""
        place = self.batches.place()
        losses = Losses()
        try:
            with self._unchanged():
                for _ in range(steps):
                    for _ in range(self.task.accumulate):
                        losses.add(self.next_loss(treating))
                    losses.stepped()
                    losses.close_step()
            return losses.read()
        finally:
            self.batches.go_to(place)

    def gradients(self, batches: int) -> list[list[torch.Tensor]]:
        """The gradient of each of the next batches, a tensor a parameter; the run is as it was."""
        place = self.batches.place()
        trained = [parameter for parameter in self.live.model.parameters() if parameter.requires_grad]
        scale = self.task.accumulate * (1.0 if self._scaler is None else self._scaler.get_scale())
        found: list[list[torch.Tensor]] = []
        try:
            with self._unchanged():
                for _ in range(batches):
                    loss = self.next_loss() * scale  # a whole batch's, and no share of a step's
                    parts = torch.autograd.grad(loss, trained, allow_unused=True, materialize_grads=True)
                    found.append([part * (self.task.accumulate / scale) for part in parts])
            return found
        finally:
            self.batches.go_to(place)

    @contextmanager
    def _unchanged(self) -> Generator[None, None, None]:
        """Whatever is computed inside, the model and the generators are afterwards as they were before."""
        held = ForwardState.take(self.live.model)
        with RandomState.kept(self.generators):
            try:
                yield
            finally:
                held.put_back(self.live.model)


def _copied(model: nn.Module, optimizer: Optimizer, scheduler: Any = None, scaler: Any = None) -> Live:
    """Copies of all of them: the optimizer has the copied model's parameters, the scheduler the copied optimizer.

    Raises:
        InvalidInput: One of them cannot be copied (`task-copy`).

    Example:
        >>> import torch
        >>> layer = nn.Linear(2, 1)
        >>> live = _copied(layer, torch.optim.SGD(layer.parameters(), lr=0.1))
        >>> live.optimizer.param_groups[0]["params"][0] is next(iter(live.model.parameters()))
        True
    """
    memo: dict[int, Any] = {}
    of_model = _copy("model", model, memo)
    of_optimizer = _copy("optimizer", optimizer, memo)
    for name, value in vars(optimizer).items():  # torch's own way to copy one leaves out all but its state
        if name not in _OWN_TO_THE_COPY:
            setattr(of_optimizer, name, _copy("optimizer", value, memo))
    of_scheduler = _copy("scheduler", scheduler, memo)
    if scheduler is not None:
        _track_steps(of_optimizer)
        for group, original in zip(of_optimizer.param_groups, optimizer.param_groups, strict=True):
            group.update({name: _copy("optimizer", original[name], {}) for name in original if name != "params"})
    return Live(of_model, of_optimizer, of_scheduler, _copy("scaler", scaler, memo))


def _track_steps(optimizer: Optimizer) -> None:
    """Let a scheduler that was not made for this optimizer see that it steps: torch tracks that for any made for it."""
    LambdaLR(optimizer, lambda step: 1.0)


def _copy(part: str, value: Any, memo: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, memo)
    except Exception as error:
        raise InvalidInput("task-copy", part=part, reason=f"{type(error).__name__}: {error}") from error


def _single_loss(task: Task, model: nn.Module, batch: Any) -> torch.Tensor:
    """The loss of one batch.

    Raises:
        InvalidInput: It is not a single number (`task-loss-value`).
    """
    with _autocast(task, model):
        loss: Any = task.loss(model, batch)
    if isinstance(loss, torch.Tensor) and loss.numel() == 1:
        return loss
    given = f"Tensor{list(loss.shape)}" if isinstance(loss, torch.Tensor) else type(loss).__name__
    raise InvalidInput("task-loss-value", given=given)


def _figures_of(task: Task, model: nn.Module) -> Mapping[str, float]:
    """The figures that the task's validation gives for a model, by their normal names.

    Raises:
        InvalidInput: The figures are not numbers, or there are none (`task-validation-value`).
    """
    validation = task.validation
    if validation is None:
        return {}
    if isinstance(validation, DataLoader):
        return {"val_loss": _mean_loss(task, model, validation)}  # pyright: ignore[reportUnknownArgumentType]
    return named_figures(validation, validation(model))


def _mean_loss(task: Task, model: nn.Module, loader: DataLoader[Any]) -> float:
    """The mean over a loader's samples, each batch of it as heavy as its samples are many."""
    losses: list[float] = []
    weights: list[int] = []
    for batch in copy_of_loader(loader):
        losses.append(_single_loss(task, model, batch).item())
        weights.append(samples_in(batch) or 1)
    if not losses:
        raise InvalidInput("task-validation-empty")
    return math.fsum(loss * weight for loss, weight in zip(losses, weights, strict=True)) / sum(weights)


def _autocast(task: Task, model: nn.Module) -> AbstractContextManager[Any]:
    if task.autocast is None:
        return nullcontext()
    return torch.autocast(next(model.parameters()).device.type, dtype=task.autocast)
