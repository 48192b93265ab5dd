"""The facts of a task, without running it: what a run of it would report at its start.

Path:   a `Task` -> `RunFacts` -> a plan.
"""

from typing import Any

from torch.utils.data import DataLoader

from ratecraft.records.outcome import RunFacts
from ratecraft.training.instrument.model_facts import model_facts
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.tasks.batches import Batches
from ratecraft.training.tasks.task import Task


def task_facts(task: Task) -> RunFacts:
    """The facts of a task. Where its data don't tell a batch size, that is unknown.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        >>> data = torch.utils.data.TensorDataset(torch.zeros(64, 4))
        >>> task = Task(model, optimizer, lambda model, batch: model(batch[0]).mean(), data, steps=10, batch_size=8)
        >>> facts = task_facts(task)
        >>> facts.own_rate, facts.samples_per_step, facts.dataset_length
        (0.003, 8.0, 64)
    """
    rates = Rates()
    rates.made(task.optimizer)
    own = rates.read(task.optimizer)
    groups, leading = rates.groups()
    size, length = _sizes(task.data, task.batch_size)
    return RunFacts(
        optimizers=(type(task.optimizer).__name__,),
        groups=groups,
        leading=leading,
        own_rate=own if own > 0 else None,
        samples_per_step=None if size is None else float(size * task.accumulate),
        dataset_length=length,
        steps_per_epoch=(epoch := Batches(task.data, task.batch_size).epoch()) and epoch / task.accumulate,
        loader=True,
        horizon=task.steps,
        horizon_source="steps",
        model=model_facts([task.model]),
    )


def _sizes(data: Any, batch_size: int | None) -> tuple[int | None, int | None]:
    """Samples of a batch and of the data set, as far as these tell them."""
    samples, loader = data, data
    if isinstance(data, DataLoader):
        batch_size = getattr(loader.batch_sampler, "batch_size", loader.batch_size)
        samples = loader.dataset
    elif batch_size is None:
        return None, None  # of batches that are not loader's neither is known
    try:
        return batch_size, len(samples)
    except (TypeError, NotImplementedError):
        return batch_size, None
