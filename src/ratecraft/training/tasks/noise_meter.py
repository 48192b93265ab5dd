"""Measures the gradient noise scale during training, from gradients of a few batches at the same weights.

Path:   a run of a task, steps to measure at -> squared norms of single batches and of their mean ->
        `laws.scaling.noise_scale`.
Units:  squared norms in the unit of the gradient; `passes` are forward and backward passes of a batch.
Source: McCandlish et al. 2018, arXiv 1812.06162, appendix A.1: norms at two batch sizes.

The weights, the data and the random numbers of the run are afterwards as if nothing had been measured.
"""

from dataclasses import dataclass
from functools import reduce

import torch

from ratecraft.records.job import StopRule
from ratecraft.records.outcome import Ending, Failure
from ratecraft.training.tasks.run import TaskRun


@dataclass(frozen=True, slots=True)
class Norms:
    """The gradient norms measured along a run.

    Attributes:
        steps: Optimizer steps that were done before each measurement.
        small: Mean |g|² of single batches, one a measurement.
        large: |g|² of the mean of them.
        trained: Optimizer steps of the run.
        ending: How it ended.
        failure: Why it failed; None otherwise.
    """

    steps: tuple[int, ...]
    small: tuple[float, ...]
    large: tuple[float, ...]
    trained: int
    ending: Ending
    failure: Failure | None = None


def measured_norms(run: TaskRun, steps: int, every: int, batches: int) -> Norms:
    """Train at the task's own rates, and measure in the middle of every stretch of `every` steps.

    Args:
        run: At its step 0.
        steps: To train; it ends there, or earlier where it blows up or fails.
        every: Steps from one measurement to the next.
        batches: Gradients of a measurement; at least 2.
    """
    at: list[int] = []
    pairs: list[tuple[float, float]] = []
    for step in (*range(every // 2, steps, every), steps):
        passage = run.advance({}, step, StopRule())
        if passage.ending is not Ending.DONE or step == steps:
            break
        at.append(step)
        pairs.append(squared_norms(run.gradients(batches)))
    else:
        passage = run.advance({}, steps, StopRule())
    small, large = zip(*pairs, strict=True) if pairs else ((), ())
    return Norms(tuple(at), small, large, passage.step, passage.ending, passage.failure)


def squared_norms(gradients: list[list[torch.Tensor]]) -> tuple[float, float]:
    """The mean of the squared norms of some gradients, and the squared norm of their mean.

    Args:
        gradients: Gradients of each batch, a tensor a parameter, dense or sparse.

    Example:
        >>> squared_norms([[torch.tensor([3.0, 0.0])], [torch.tensor([0.0, 1.0])]])
        (5.0, 2.5)
    """
    single = sum(_square(part) for parts in gradients for part in parts) / len(gradients)
    mean = sum(_square(reduce(torch.add, parts)) for parts in zip(*gradients, strict=True))
    return float(single), float(mean) / len(gradients) ** 2


def _square(gradient: torch.Tensor) -> torch.Tensor:
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return values.double().square().sum()
