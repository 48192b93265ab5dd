"""What a user with a training loop of their own gives to `tune`: a model, how to train it, and how long.

Path:   the user's objects -> a checked `Task` -> copies that runs train (`engine`).
Units:  steps are optimizer steps; `accumulate` batches make one.
"""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import positive_number, whole_number
from ratecraft.training.instrument.loaders import length_of
from ratecraft.training.tasks.batches import Data
from ratecraft.training.tasks.state_task import takes

Loss: TypeAlias = Callable[[Any, Any], torch.Tensor]
"""Takes the model and a batch; gives one number, connected with the model."""

Validation: TypeAlias = Callable[[Any], float | torch.Tensor | Mapping[str, float | torch.Tensor]] | DataLoader[Any]
"""Takes the model and gives figures; or a loader, over which the mean loss is the figure."""

_EVALUATIONS = 16  # in a run, where the user does not say


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Task:
    """A training, described. Making one trains nothing and changes nothing; runs train copies.

    Attributes:
        model: The model, in training mode, with the weights that every run starts from.
        optimizer: Optimizer of the model's parameters. Its rates are the task's own: the tuned rate is compared with
            them, and parameter groups keep their ratios.
        loss: `loss(model, batch)` returns the loss of one batch as a tensor. It must use the model that it is given.
        data: A loader, a data set (with `batch_size`), an iterable of batches, or a function that returns one for each
            epoch. Epochs follow one another for as many steps as needed.
        validation: `validation(model)` returns a float, or a mapping of names to floats. It is called with the model in
            evaluation mode and without gradients. A float gets the name of the function if that tells which direction
            is better (`val_accuracy`), else `val_loss`. Given a loader instead, the metric is the mean loss over it.
            None: runs are compared by training loss.
        steps: Optimizer steps of a full run.
        batch_size: Samples per batch, if `data` is a data set. It is read in a new random order in every epoch.
        scheduler: The task's own scheduler, of `optimizer`.
        scheduler_every: Optimizer steps per step of the scheduler: 1, or `len(loader)` for one that counts epochs. A
            scheduler that follows a metric (`ReduceLROnPlateau`) steps at every validation instead.
        scaler: A `GradScaler`.
        autocast: Type in which torch computes `loss` where it considers this safe: `torch.bfloat16`, `torch.float16`.
        accumulate: Batches per step; the loss of each is divided by this number.
        clip_norm: Largest norm of the gradient; larger gradients are scaled down to it.
        evaluate_every: Steps between two validations. Default: 1/16 of the run. There is always one at its end.

    Raises:
        InvalidInput: The arguments do not describe a training.

    Example:
        >>> data = [(torch.randn(8, 4), torch.randn(8, 1)) for _ in range(10)]
        >>> model = nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> def loss(model, batch):
        ...     inputs, targets = batch
        ...     return nn.functional.mse_loss(model(inputs), targets)
        >>> Task(model, optimizer, loss, data, steps=1000)
        Task(Linear of 5 parameters, SGD, 1000 steps)
    """

    model: nn.Module
    optimizer: Optimizer
    loss: Loss
    data: Data
    validation: Validation | None = None
    _: KW_ONLY
    steps: int
    batch_size: int | None = None
    scheduler: Any = None
    scheduler_every: int = 1
    scaler: Any = None
    autocast: torch.dtype | None = None
    accumulate: int = 1
    clip_norm: float | None = None
    evaluate_every: int | None = None

    def __post_init__(self) -> None:
        _check_model(self.model)
        _check_optimizer(self.optimizer, self.model)
        _check_function("loss", self.loss, "loss(model, batch)", 2)
        _check_data(self.data, self.batch_size)
        if self.validation is not None and not isinstance(self.validation, DataLoader):
            _check_function("validation", self.validation, "validation(model)", 1)
        whole_number("steps", self.steps, least=1)
        whole_number("scheduler_every", self.scheduler_every, least=1)
        whole_number("accumulate", self.accumulate, least=1)
        if self.evaluate_every is not None:
            whole_number("evaluate_every", self.evaluate_every, least=1)
        if self.clip_norm is not None:
            positive_number("clip_norm", self.clip_norm)
        _check_scheduler(self)
        if self.scaler is not None and not isinstance(self.scaler, torch.amp.GradScaler):
            raise InvalidInput("task-scaler", given=type(self.scaler).__name__)
        if self.autocast not in (None, torch.bfloat16, torch.float16):
            raise InvalidInput("task-autocast", given=str(self.autocast))

    def __repr__(self) -> str:
        count = sum(parameter.numel() for parameter in self.model.parameters())
        of = f"{type(self.model).__name__} of {count} parameters, {type(self.optimizer).__name__}"
        return f"Task({of}, {self.steps} steps)"

    def evaluates_at(self, step: int) -> bool:
        """Whether a run validates after `step` steps."""
        every = self.evaluate_every or max(1, self.steps // _EVALUATIONS)
        return self.validation is not None and (step % every == 0 or step == self.steps)


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module):
        raise InvalidInput("task-model", given=type(model).__name__)
    if any(map(is_lazy, model.parameters())):
        raise InvalidInput("task-model-lazy")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise InvalidInput("task-model", given=type(model).__name__)


def _check_optimizer(optimizer: object, model: nn.Module) -> None:
    if not isinstance(optimizer, Optimizer):
        raise InvalidInput("task-optimizer", given=type(optimizer).__name__)
    own = {id(parameter) for parameter in model.parameters()}
    updated: list[torch.Tensor] = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    foreign = sum(id(parameter) not in own for parameter in updated)
    if foreign:
        raise InvalidInput("task-parameters", foreign=foreign, all=len(updated))
    if not takes(type(optimizer).step, 1):  # the instance may have one that a scheduler has wrapped
        raise InvalidInput("task-closure", optimizer=type(optimizer).__name__)


def _check_function(name: str, given: object, form: str, arguments: int) -> None:
    if type(given).__module__.startswith("torch.nn.modules"):
        raise InvalidInput("task-loss-module", given=type(given).__name__)
    if not callable(given) or not takes(given, arguments):
        shown = getattr(given, "__name__", type(given).__name__)
        raise InvalidInput("task-function", name=name, form=form, given=shown)


def _check_data(data: Any, batch_size: object) -> None:
    given = type(data).__name__  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if batch_size is not None:
        whole_number("batch_size", batch_size, least=1)
        if not _is_data_set(data):
            raise InvalidInput("task-batch-size-twice", given=given)
    elif _needs_batch_size(data):
        raise InvalidInput("task-batch-size", given=given)
    if not hasattr(data, "__iter__") and not hasattr(data, "__getitem__") and not callable(data):
        raise InvalidInput("task-data", given=given)
    if hasattr(data, "__next__"):
        raise InvalidInput("task-data-once", given=given)
    if length_of(data) == 0:
        raise InvalidInput("task-data-empty")


def _is_data_set(data: object) -> bool:
    if isinstance(data, DataLoader):
        return False
    return isinstance(data, Dataset) or (hasattr(data, "__getitem__") and hasattr(data, "__len__"))


def _needs_batch_size(data: object) -> bool:
    return isinstance(data, Dataset) and not isinstance(data, IterableDataset)


def _check_scheduler(task: Task) -> None:
    scheduler = task.scheduler
    if scheduler is None:
        return
    if not all(callable(getattr(scheduler, name, None)) for name in ("step", "state_dict", "load_state_dict")):
        raise InvalidInput("task-scheduler", given=type(scheduler).__name__)
    if getattr(scheduler, "optimizer", task.optimizer) is not task.optimizer:
        raise InvalidInput("task-scheduler-other")
    if isinstance(scheduler, ReduceLROnPlateau) and task.validation is None:
        raise InvalidInput("task-plateau")
