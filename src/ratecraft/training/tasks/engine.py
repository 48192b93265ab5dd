"""The live copies of one task, shared by all its runs: the acting run is swapped in, the others wait as snapshots.

Path:   a `Task` -> copies -> steps, validations and frozen losses of the run at work; a seat a run.
Units:  a step is one of the optimizer, of `accumulate` batches.

One run acts at a time. Around it the user's generators and thread count are put aside and put back, however it ends. A
run that waits holds a snapshot, which branches share; only one that acts after another one costs a copy.
"""

import math
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.nn.utils.clip_grad import clip_grad_norm_
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ratecraft.errors import InvalidInput, RatecraftError, ScriptFailed
from ratecraft.training.hosting.treatments import Treating
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.splitting import Splitting
from ratecraft.training.instrument.state import Model
from ratecraft.training.tasks.batches import Batches, Place, samples_in
from ratecraft.training.tasks.copies import copied
from ratecraft.training.tasks.failures import failure_of
from ratecraft.training.tasks.figures import figures_of, single_loss
from ratecraft.training.tasks.random_state import RandomState, generators_in, seed_all
from ratecraft.training.tasks.rates import rates_of, twin_of
from ratecraft.training.tasks.snapshot import ForwardState, Snapshot
from ratecraft.training.tasks.task import Task

__all__ = ["Engine", "Seat"]


@dataclass(slots=True, eq=False)
class Seat:
    """What one run is while another is at work.

    Attributes:
        snapshot: State of the run; None while it is the live one.
        place: Where in the data it is; the stream knows better while it is the living one.
        random: Random generators of the run.
        over: It never acts again, so that its state is worth no copy.
    """

    snapshot: Snapshot | None
    place: Place
    random: RandomState
    over: bool = False


class Engine:
    """Trains copies of a task's objects.

    Args:
        task: The task, whose own objects stay as they are.
        threads: Threads of torch while a run acts; None leaves them.
        head: The head of the model as the user told it, empty to look for it; None if the model is one.

    Raises:
        InvalidInput: Something cannot be copied.
    """

    def __init__(self, task: Task, threads: int | None = None, head: str | None = None) -> None:
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
        self._threads = threads
        self._device = torch.get_default_device()
        self._cuda = torch.cuda.current_device() if torch.cuda.is_initialized() else None
        self._start, self._random = Snapshot.take(self.live), RandomState.capture(self.generators)
        self._rates = rates_of(self.live)
        if head is not None:
            self._rates.splitting = Splitting(head, [self.live.model])
        self._living: Seat | None = None
        self._lock = threading.Lock()

    def seat(self, seed: int) -> Seat:
        """The seat of a run at its step 0, whose generators are seeded."""
        with self._lock, RandomState.kept(self.generators):
            self._random.put_back()  # those of the user's objects start alike for every run
            seed_all(seed)
            return Seat(self._start, Place(), RandomState.capture(self.generators))

    def rates(self) -> Rates:
        """What a run at its step 0 knows of the task's own rates."""
        return twin_of(self._rates, self.live.optimizer)

    def branch(self, seat: Seat) -> Seat:
        """A second seat in the same state."""
        with self._lock:
            self._put_aside(seat)
            return Seat(seat.snapshot, seat.place, seat.random)

    @contextmanager
    def at_work(self, seat: Seat) -> Generator[None, None, None]:
        """The run of this seat acts; however it ends, the user's generators and threads are afterwards as they were."""
        with self._lock:
            outside, threads = RandomState.capture(self.generators), torch.get_num_threads()
            try:
                torch.set_num_threads(self._threads or threads)
                self._swap_in(seat)
                seat.random.put_back()
                with torch.enable_grad(), self._user_s_devices():
                    yield
            except BaseException:
                seat.over = True  # cut off within a step: what is there is no state of a run
                raise
            finally:
                seat.random = RandomState.capture(self.generators)
                outside.put_back()
                torch.set_num_threads(threads)

    def wait(self) -> None:
        """Return once no run is at work."""
        with self._lock:
            pass

    @contextmanager
    def _user_s_devices(self) -> Generator[None, None, None]:
        """The default devices of the thread that made the engine, which a thread that runs act in has not."""
        with ExitStack() as stack:
            if self._device.type != "cpu":
                stack.enter_context(self._device)
            if self._cuda is not None:
                stack.enter_context(torch.cuda.device(self._cuda))
            yield

    def _swap_in(self, seat: Seat) -> None:
        if self._living is seat:
            return
        if self._living is not None:
            self._put_aside(self._living)
        if seat.snapshot is None:
            raise RuntimeError("the run is over")
        seat.snapshot.put_back(self.live)
        self.batches.go_to(seat.place)
        self._living, seat.snapshot = seat, None

    def _put_aside(self, seat: Seat) -> None:
        if self._living is not seat:
            return
        if not seat.over:
            seat.snapshot, seat.place = Snapshot.take(self.live), self.batches.place()
        self._living = None

    # ------------------------------------------------------------------ what the run at work does

    def backward(self, heard: Callable[[torch.Tensor], object]) -> None:
        """Gradients of the next batches; `heard` takes the loss of each, as the share of a step's that it is."""
        for parameter in self.live.model.parameters():
            parameter.grad = None
        for _ in range(self.task.accumulate):
            loss = self.next_loss()
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

    def next_loss(self) -> torch.Tensor:
        """The loss of the next batch, as the share of a step's that it is."""
        batch = self.batches.take()
        self.samples = max(filter(None, (self.samples, samples_in(batch))), default=None)
        loss = single_loss(self.task, self.live.model, batch)
        return loss / self.task.accumulate if self.task.accumulate > 1 else loss

    def step_scheduler(self, step: int, figures: Mapping[str, float] | None) -> None:
        """Let the task's scheduler set its next rates, after `step` steps and with the figures of any validation."""
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

    def frozen_losses(self, steps: int) -> list[float]:
        """The losses of the next steps without their updates; the run is as it was."""
        place = self.batches.place()
        losses = Losses()
        try:
            with self._unchanged():
                for _ in range(steps):
                    for _ in range(self.task.accumulate):
                        losses.add(self.next_loss())
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

    def prove(self, seed: int = 0) -> tuple[str, ...]:
        """Compute one loss and one validation, so that what cannot work is said before anything is trained.

        Returns:
            The names of the figures.

        Raises:
            InvalidInput: The loss is not a single number connected with the model, a figure is not a number, or the
                user's own model is called instead of the one that is given.
            ScriptFailed: One of the task's functions raises.
        """
        with self._proving(seed):
            self._first_loss()
            return tuple(self.validate())

    def first_gradient(self, seed: int = 0) -> tuple[float, float]:
        """The loss of the first batch, and the norm of its gradient.

        Raises:
            InvalidInput: Same as `prove`.
            ScriptFailed: Same as `prove`.
        """
        with self._proving(seed):
            loss = self._first_loss()
            trained = [parameter for parameter in self.live.model.parameters() if parameter.requires_grad]
            gradients = torch.autograd.grad(loss, trained, allow_unused=True, materialize_grads=True)
            squares = [gradient.detach().double().square().sum().item() for gradient in gradients]
            return loss.item(), math.sqrt(math.fsum(squares))

    @contextmanager
    def _proving(self, seed: int) -> Generator[None, None, None]:
        """A context for a run that never goes on. Reports the task's errors; guards the user's model."""
        modules = {id(other) for other in self.task.model.modules()}

        def guard(module: nn.Module, inputs: object) -> None:
            if id(module) in modules:
                raise InvalidInput("task-own-model", model=type(self.task.model).__name__)

        handle, seat = register_module_forward_pre_hook(guard), self.seat(seed)
        try:
            with self.at_work(seat):
                yield
        except RatecraftError:
            raise
        except Exception as error:
            failure = failure_of(error)
            values = {"name": failure.name, "text": failure.message, "traceback": failure.traceback}
            raise ScriptFailed("task-raises", **values) from error
        finally:
            seat.over = True
            handle.remove()

    def _first_loss(self) -> torch.Tensor:
        """The first loss, checked."""
        loss = self.next_loss()
        if not loss.requires_grad:
            raise InvalidInput("task-loss-detached")
        parameters = {id(parameter) for parameter in self.task.model.parameters()}
        if any(id(leaf) in parameters for leaf in _leaves(loss)):
            raise InvalidInput("task-own-model", model=type(self.task.model).__name__)
        return loss

    @contextmanager
    def _unchanged(self) -> Generator[None, None, None]:
        """Whatever is computed inside, the model and the generators are afterwards as they were before."""
        held = ForwardState.take(self.live.model)
        with RandomState.kept(self.generators):
            try:
                yield
            finally:
                held.put_back(self.live.model)


def _leaves(loss: torch.Tensor) -> Iterator[object]:
    """The tensors that gradients of a loss would be collected in."""
    seen, waiting = set[object](), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield getattr(node, "variable", None)
        waiting += [following for following, _ in node.next_functions]
