"""What the scripts share: their arguments, the shape of the rate, batches in random order."""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

Own = Callable[[int, int], float]
"""A script's own schedule: the step and the steps of the run to the share of the peak rate."""


def arguments(description: str | None, *, rate: float, steps: int, own: bool = False) -> argparse.Namespace:
    """The arguments of a training script. One with a schedule of its `own` follows that unless told otherwise."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate (default: %(default)s)")
    shapes = ("constant", "cosine", "linear", *(("own",) if own else ()))
    parser.add_argument("--schedule", choices=shapes, default="own" if own else "constant")
    parser.add_argument("--warm-up", type=int, help="steps of linear warm-up (default: 1/128 of the steps)")
    parser.add_argument("--steps", type=int, default=steps, help="optimizer steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def shape(name: str, step: int, steps: int, warm_up: int | None = None) -> float:
    """The rate at a step as a share of its peak: a warm-up (1/128 of the steps), then constant, cosine or linear."""
    warm = max(1, steps // 128) if warm_up is None else warm_up
    if name == "cosine":
        return min(1.0, (step + 1) / warm) * (1 + math.cos(math.pi * step / steps)) / 2
    decay = round(0.6 * steps)
    if name == "linear" and step >= steps - decay:
        return (steps - step) / decay
    return min(1.0, (step + 1) / warm)


def warm_cosine(step: int, steps: int) -> float:
    """A schedule that many scripts write for themselves: a warm-up over a tenth of the run, then a cosine to 0."""
    warm = steps // 10
    if step < warm:
        return (step + 1) / warm
    return (1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2


def stairs(step: int, steps: int) -> float:
    """Another such: a tenth of the rate after half of the run, a hundredth after three quarters."""
    return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))


def falling(step: int, steps: int) -> float:
    """What trainers do unless told otherwise: from the peak straight to 0."""
    return 1 - step / steps


def scheduler(
    optimizer: Optimizer, name: str, steps: int, *, warm_up: int | None = None, own: Own | None = None
) -> LambdaLR:
    """The shape as a scheduler of PyTorch."""
    if name == "own" and own is not None:
        return LambdaLR(optimizer, lambda step: own(step, steps))
    return LambdaLR(optimizer, lambda step: shape(name, step, steps, warm_up))


def fit(
    args: argparse.Namespace,
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterator[tuple[Tensor, ...]],
    loss: Callable[..., Tensor],
    evaluate: Callable[[nn.Module], float],
    *,
    own: Own | None = None,
    clip: float = 0.0,
    accumulate: int = 1,
) -> None:
    """Train, and validate twenty times.

    Args:
        args: The script's arguments.
        model: What is trained.
        optimizer: By which.
        batches: Batches without end.
        loss: The model and a batch to the training loss.
        evaluate: The model to its validation loss.
        own: The script's own schedule.
        clip: The most that the norm of the gradients may be; 0 clips nothing.
        accumulate: Batches of one step.
    """
    schedule = scheduler(optimizer, args.schedule, args.steps, warm_up=args.warm_up, own=own)
    every = max(1, args.steps // 20)
    for step in range(1, args.steps + 1):
        optimizer.zero_grad()
        for _ in range(accumulate):
            (loss(model, *next(batches)) / accumulate).backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


@torch.no_grad()
def held_out(model: nn.Module, loss: Callable[..., Tensor], *tensors: Tensor) -> float:
    """The loss of a model on what validates."""
    model.eval()
    value = loss(model, *tensors).item()
    model.train()
    return value


def passes(loader: Iterable[tuple[Tensor, ...]]) -> Iterator[tuple[Tensor, ...]]:
    """The batches of a loader, pass after pass without end."""
    while True:
        yield from loader


def batches(size: int, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end, pass after pass, each in a new random order."""
    while True:
        order = torch.randperm(len(tensors[0]))
        for first in range(0, len(order) - size + 1, size):
            chosen = order[first : first + size]
            yield tuple(each[chosen] for each in tensors)
