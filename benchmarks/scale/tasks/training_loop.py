"""What the four scripts share: their arguments, batches in random order, and a figure now and then."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.append(str(Path(__file__).parents[2] / "tuning" / "tasks"))


def arguments(rate: float, **sizes: int) -> argparse.Namespace:
    """The rate, the steps, and whatever is a size of this script."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--seed", type=int, default=0)
    for name, usual in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    return parser.parse_args()


def batches(count: int, size: int, steps: int) -> Iterator[Tensor]:
    """Places of the samples of each step, in a random order in each pass."""
    order, at = torch.randperm(count), 0
    for _ in range(steps):
        if at + size > count:
            order, at = torch.randperm(count), 0
        yield order[at : at + size]
        at += size


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_of: Callable[[Tensor], Tensor],
    places: Iterator[Tensor],
    evaluate: Callable[[], float],
    steps: int,
) -> None:
    """Train, and print the validation loss four times."""
    for step, place in enumerate(places, 1):
        loss = loss_of(place)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % max(1, steps // 4) == 0:
            model.eval()
            with torch.no_grad():
                print(f"step {step}  val_loss: {evaluate():.6g}", flush=True)
            model.train()
