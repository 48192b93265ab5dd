"""Identifies a task by words and hashes: equal for equal tasks in every process, and comparable part by part.

Path:   a task -> its parts by name -> the identity of its study, and what an error names when it has changed.

Code alone does not tell what a function computes, and a loss alone does not tell all of its code. So both are taken:
the code of the task's functions with the plain values and tensors that they use, and the first loss with the norm of
its gradient, which see the data and whatever else the code reads. Four digits of these are kept: the last ones of
equal tasks may differ on devices that sum in any order.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from ratecraft.training.instrument.loaders import length_of
from ratecraft.training.tasks.batches import copy_of_loader
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.lasting_hash import code_of, lasting_hash
from ratecraft.training.tasks.proving import first_gradient
from ratecraft.training.tasks.random_state import RandomState, generators_in, seed_all
from ratecraft.training.tasks.task import Task


def task_fingerprint(task: Task, seed: int = 0, threads: int | None = None) -> Mapping[str, str]:
    """The parts of a task, by name. One loss is computed on a copy; nothing of the user's is changed.

    Args:
        task: The task.
        seed: Seed of the generators.
        threads: Threads of torch; None leaves them.

    Raises:
        InvalidInput: The loss is not a single number that is connected with the model, or something cannot be copied.
        ScriptFailed: One of the task's functions raises.
    """
    loss, gradient = first_gradient(Engine(task, threads), seed)
    own = {"steps": task.steps, "accumulate": task.accumulate, "clip_norm": task.clip_norm, "autocast": task.autocast}
    every = {"evaluate_every": task.evaluate_every, "scheduler_every": task.scheduler_every}
    return {
        "model": f"{type(task.model).__name__} {lasting_hash(_kind_of(task.model))}",
        "weights": lasting_hash(_weights(task.model)),
        "optimizer": _optimizer(task),
        "scheduler": _named(task.scheduler, _state_of(task.scheduler)),
        "scaler": _named(task.scaler, task.scaler.state_dict() if task.scaler else None),
        "data": _data(task.data, task.batch_size),
        "loss": _function(task.loss),
        "validation": _validation(task.validation, seed),
        "first loss": f"{loss:.4g}",
        "first gradient": f"{gradient:.4g}",
        **{name: str(value) for name, value in {**own, **every}.items() if value is not None},
    }


def _named(value: object, state: object) -> str:
    return "" if value is None else f"{type(value).__name__} {lasting_hash(state)}"


def _kind_of(model: nn.Module) -> Iterator[object]:
    """What a model computes, as far as its parts and its own code tell."""
    yield repr(model)
    for kind in dict.fromkeys(type(module) for module in model.modules()):
        yield (kind.__qualname__, code_of(kind.forward))


def _weights(model: nn.Module) -> Iterator[object]:
    for name, parameter in model.named_parameters():
        yield (name, parameter.requires_grad, parameter)
    yield from model.named_buffers()


def _optimizer(task: Task) -> str:
    """The optimizer's class, the settings of each group and, if it has been used before, its state."""
    said: list[str] = []
    used: list[object] = []
    for group in task.optimizer.param_groups:
        entries: Mapping[str, Any] = group
        told = {name: _plain(entry) for name, entry in entries.items() if not name.startswith("param")}
        said.append(", ".join(f"{name}={value!r}" for name, value in told.items() if value not in (None, False)))
        used += [state for parameter in entries["params"] if (state := task.optimizer.state.get(parameter))]
    return f"{type(task.optimizer).__name__}({'; '.join(said)}){f' {lasting_hash(used)}' if used else ''}"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value


def _state_of(scheduler: object) -> object:
    return [(name, var) for name, var in vars(scheduler).items() if name != "optimizer"] if scheduler else None


def _data(data: Any, batch_size: int | None) -> str:
    source = getattr(data, "dataset", data)
    size, samples = batch_size or getattr(data, "batch_size", None), length_of(source)
    said = [type(source).__name__, samples and f"{samples} samples", size and f"batch size {size}"]
    return ", ".join(map(str, filter(None, said)))


def _validation(validation: Any, seed: int) -> str:
    """The fingerprint of a validation: for a loader its type and first batch, otherwise the code of the function."""
    if validation is None:
        return ""
    if not isinstance(validation, DataLoader):
        return _function(validation)
    loader: Any = copy_of_loader(validation)
    with RandomState.kept(generators_in(loader)):
        seed_all(seed)
        first: list[Any] = list(islice(loader, 1))
    return f"{_data(loader, None)} {lasting_hash(first)}"


def _function(function: Any) -> str:
    return f"{getattr(function, '__name__', type(function).__name__)} {lasting_hash(code_of(function))}"
