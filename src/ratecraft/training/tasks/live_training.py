"""The live copies of a task in training: gradients, updates, validations, and losses without an update.

Path:   batches of the task, its own functions -> losses -> steps of the optimizer, figures of the validation.
Units:  a step is one of the optimizer, of `accumulate` batches.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import torch
from torch.nn.utils.clip_grad import clip_grad_norm_
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ratecraft.training.hosting.treatments import Treating
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.state import Model
from ratecraft.training.tasks.batches import Batches, samples_in
from ratecraft.training.tasks.copies import copied
from ratecraft.training.tasks.figures import figures_of, single_loss
from ratecraft.training.tasks.random_state import RandomState, generators_in
from ratecraft.training.tasks.snapshot import ForwardState
from ratecraft.training.tasks.task import Task


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
        self.live = copied(task.model, task.optimizer, task.scheduler, task.scaler)
        if not self.live.model.training:
            self.live.model.train()
        in_use = task.scaler is not None and task.scaler.is_enabled()
        self._scaler = self.live.scaler if in_use else None
        self.state = Model([self.live.model], [self.live.optimizer], [self._scaler] if in_use else [])
        self.generators = generators_in(task.data, task.loss, task.validation)
        self.batches = Batches(task.data, task.batch_size, self.generators)
        self.samples: int | None = None

    def backward(self, heard: Callable[[torch.Tensor], object], treating: Treating) -> None:
        """Gradients of the next batches; `heard` takes the loss of each, as the share of a step's that it is."""
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
        loss = single_loss(self.task, self.live.model, batch)
        return loss / self.task.accumulate if self.task.accumulate > 1 else loss

    def step_scheduler(self, step: int, figures: Mapping[str, float] | None) -> None:
        """After so many steps, and what a validation gave then: let the task's scheduler write its next rates."""
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
            return figures_of(self.task, self.live.model)

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
