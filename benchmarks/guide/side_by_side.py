"""Many small networks trained at once, on one core: an arm is a way to train, and each arm has every seed.

Path:   task, arms -> one stack of weights (arms x seeds x their own shape) -> curves -> `experiments.py`.
Units:  a rate is the peak, a schedule an expression of height 1 as `ratecraft preview` takes it; steps are the
        optimizer's.

Every seed has its own first weights and its own order of the data, the same in every arm: arms are compared in pairs.
Each arm is stepped by an optimizer of PyTorch's own, whose parameters are views of the arm's part of the stack.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from shapes import LINEAR
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from ratecraft.schedules.language.text import parse_set

__all__ = ["Arm", "Course", "Task", "trained"]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "SGD": SGD,
    "momentum": partial(SGD, momentum=0.9),
    "Adam": Adam,
    "AdamW": AdamW,
    "RMSprop": RMSprop,
    "Adagrad": Adagrad,
}


@dataclass(frozen=True)
class Task:
    """What is trained.

    Attributes:
        first: The first weights of one network, drawn from PyTorch's global generator.
        outputs: From weights (networks first) and inputs (networks, samples, ...).
        loss: Of each network, from outputs and targets.
        inputs: All that trains.
        targets: What belongs to it.
        held: What validates.
        wanted: What belongs to that.
        batch: Samples a step.
        steps: Of a run.
    """

    first: Callable[[], list[Tensor]]
    outputs: Callable[[Sequence[Tensor], Tensor], Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    inputs: Tensor
    targets: Tensor
    held: Tensor
    wanted: Tensor
    batch: int = 32
    steps: int = 800


@dataclass(frozen=True)
class Arm:
    """A way to train.

    Attributes:
        rate: The peak.
        schedule: An expression of height 1.
        optimizer: Key of `OPTIMIZERS`.
        clip: Largest norm of a gradient; None leaves it as it is.
        decay: Weight decay; None is the optimizer's own default.
    """

    rate: float
    schedule: str = LINEAR
    optimizer: str = "momentum"
    clip: float | None = None
    decay: float | None = None


@dataclass(frozen=True)
class Course:
    """What came of an arm, each by seed.

    Attributes:
        checks: Steps after which it was validated.
        held: Validation loss at each check.
        training: Mean training loss of the steps up to each check since the one before.
        outputs: Of what validates, at the end.
    """

    checks: tuple[int, ...]
    held: list[list[float]]
    training: list[list[float]]
    outputs: Tensor

    @property
    def ends(self) -> list[float]:
        """Validation loss at the end."""
        return [each[-1] for each in self.held]


def orders(count: int, size: int, seeds: Sequence[int]) -> Iterator[Tensor]:
    """For each step, which samples each seed sees: pass after pass in a new order, without the rest of a pass."""
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    while True:
        passes = torch.stack([torch.randperm(count, generator=each) for each in drawn])
        for first in range(0, count - size + 1, size):
            yield passes[:, first : first + size]


def stack(task: Task, arms: Sequence[Arm], seeds: Sequence[int]) -> list[Tensor]:
    """Arms x seeds x shape of each weight, with a gradient of zeros."""
    made = list[list[Tensor]]()
    for seed in seeds:
        torch.manual_seed(seed)
        made.append(task.first())
    weights = [torch.stack(own).expand(len(arms), -1, *own[0].shape).clone() for own in zip(*made, strict=True)]
    for each in weights:
        each.requires_grad_().grad = torch.zeros_like(each)
    return weights


def optimizer_of(arm: Arm, weights: Sequence[Tensor], place: int) -> Optimizer:
    """PyTorch's own, over the arm's part of the stack."""
    parts = list[nn.Parameter]()
    for each in weights:
        part = nn.Parameter(each.detach()[place])
        part.grad = each.grad[place] if each.grad is not None else None
        parts.append(part)
    decay = {} if arm.decay is None else {"weight_decay": arm.decay}
    return OPTIMIZERS[arm.optimizer](parts, lr=arm.rate, foreach=True, **decay)


def clip(weights: Sequence[Tensor], limits: Tensor) -> None:
    """Shorten each network's gradient to its arm's limit."""
    gradients = [each.grad for each in weights if each.grad is not None]
    norms = torch.stack([each.square().flatten(2).sum(2) for each in gradients]).sum(0).sqrt()
    factors = (limits[:, None] / (norms + 1e-6)).clamp(max=1)
    for each in gradients:
        each.mul_(factors.reshape(*factors.shape, *[1] * (each.dim() - 2)))


def planned(arm: Arm, steps: int) -> dict[str, Any]:
    """The whole curve of the rate, and of the momentum where the schedule is of both."""
    curves = parse_set(arm.schedule).bind(steps)
    return {name: (arm.rate if name == "rate" else 1.0) * curve.curve(steps) for name, curve in curves.items()}


def write(group: dict[str, Any], values: dict[str, float]) -> None:
    """Set them where the optimizer reads them: a momentum is Adam's first beta."""
    group["lr"] = values["rate"]
    if "momentum" in values:
        if "betas" in group:
            group["betas"] = (values["momentum"], group["betas"][1])
        else:
            group["momentum"] = values["momentum"]


def trained(
    task: Task,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    checks: Sequence[int] = (),
    look: Callable[[int, Sequence[Optimizer]], None] | None = None,
) -> list[Course]:
    """Every arm with every seed.

    Args:
        task: What is trained.
        arms: How.
        seeds: Of first weights and data order.
        checks: Steps after which to validate; the end is one anyway.
        look: Called after each check with the optimizers, one an arm.
    """
    weights = stack(task, arms, seeds)
    optimizers = [optimizer_of(arm, weights, place) for place, arm in enumerate(arms)]
    plans = [planned(arm, task.steps) for arm in arms]
    limits = torch.tensor([float("inf") if arm.clip is None else arm.clip for arm in arms])
    clips = any(arm.clip is not None for arm in arms)
    seen, held, training = [*sorted({*checks, task.steps})], list[Tensor](), list[Tensor]()
    since, outputs = list[Tensor](), torch.empty(0)
    for step, chosen in zip(range(task.steps), orders(len(task.inputs), task.batch, seeds), strict=False):
        losses = losses_of(task, weights, task.inputs[chosen], task.targets[chosen], len(arms))[0]
        for each in weights:
            each.grad.zero_()  # pyright: ignore[reportOptionalMemberAccess]
        losses.sum().backward()
        if clips:
            clip(weights, limits)
        for optimizer, plan in zip(optimizers, plans, strict=True):
            write(optimizer.param_groups[0], {name: float(curve[step]) for name, curve in plan.items()})
            optimizer.step()
        since.append(losses.detach())
        if step + 1 in seen:
            with torch.no_grad():
                found, outputs = losses_of(task, weights, *of_every(task, len(seeds)), len(arms))
            held.append(found)
            training.append(torch.stack(since).mean(0))
            since.clear()
            if look is not None:
                look(step + 1, optimizers)
    by_arm = torch.stack(held, -1).reshape(len(arms), len(seeds), -1)
    means = torch.stack(training, -1).reshape(len(arms), len(seeds), -1)
    ends = outputs.reshape(len(arms), len(seeds), *outputs.shape[1:])
    rows = zip(by_arm.tolist(), means.tolist(), ends, strict=True)
    return [Course(tuple(seen), *row) for row in rows]


def of_every(task: Task, seeds: int) -> tuple[Tensor, Tensor]:
    """What validates, for every seed."""
    return task.held.expand(seeds, *task.held.shape), task.wanted.expand(seeds, *task.wanted.shape)


def losses_of(
    task: Task, weights: Sequence[Tensor], inputs: Tensor, targets: Tensor, arms: int
) -> tuple[Tensor, Tensor]:
    """Of each network, arms x seeds in one row, with the outputs; inputs have an axis of seeds first."""
    flat = [each.flatten(0, 1) for each in weights]
    outputs = task.outputs(flat, inputs.repeat(arms, *[1] * (inputs.dim() - 1)))
    return task.loss(outputs, targets.repeat(arms, *[1] * (targets.dim() - 1))), outputs
