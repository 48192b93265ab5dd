"""What the scripts share: their arguments, the shape of the rate, batches in random order."""

import argparse
import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def arguments(description: str | None, *, rate: float, steps: int) -> argparse.Namespace:
    """The arguments of a training script."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate (default: %(default)s)")
    parser.add_argument("--schedule", choices=("constant", "cosine", "linear"), default="constant")
    parser.add_argument("--steps", type=int, default=steps, help="optimizer steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def shape(name: str, step: int, steps: int) -> float:
    """The rate at a step as a share of its peak: a warm-up over 1/128 of the steps, then constant, cosine or linear."""
    warm = max(1, steps // 128)
    if name == "cosine":
        return min(1.0, (step + 1) / warm) * (1 + math.cos(math.pi * step / steps)) / 2
    decay = round(0.6 * steps)
    if name == "linear" and step >= steps - decay:
        return (steps - step) / decay
    return min(1.0, (step + 1) / warm)


def scheduler(optimizer: Optimizer, name: str, steps: int) -> LambdaLR:
    """The shape as a scheduler of PyTorch."""
    return LambdaLR(optimizer, lambda step: shape(name, step, steps))


def batches(size: int, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end, pass after pass, each in a new random order."""
    while True:
        order = torch.randperm(len(tensors[0]))
        for first in range(0, len(order) - size + 1, size):
            chosen = order[first : first + size]
            yield tuple(each[chosen] for each in tensors)
