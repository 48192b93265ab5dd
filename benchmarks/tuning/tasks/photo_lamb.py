"""The noise in patches of a photo, convolutions, LAMB."""

from collections.abc import Iterator
from functools import cache

import basics
import data
import torch
from timm.optim import Lamb
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 400, 16


@cache
def patches(size: int = 16) -> tuple[Tensor, ...]:
    """Grey patches of a photo of a temple: noisy ones and their noise to train on, and to validate."""
    from sklearn.datasets import load_sample_image

    grey = torch.tensor(load_sample_image("china.jpg").mean(2) / 255, dtype=torch.float32)
    cut = (grey - grey.mean()).unfold(0, size, size).unfold(1, size, size).reshape(-1, 1, size, size)
    noise = 0.2 * torch.randn(cut.shape, generator=torch.Generator().manual_seed(1))
    return data.split(300, cut + noise, 5 * noise)


def noisy() -> Iterator[tuple[Tensor, ...]]:
    """Batches of patches with new noise in each."""
    clean = patches()[0] - patches()[1] / 5
    for (chosen,) in basics.batches(BATCH, clean):
        noise = torch.randn_like(chosen)
        yield chosen + 0.2 * noise, noise


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(12, 12, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(12, 1, 3, padding=1),
    )


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *patches()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = Lamb(model.parameters(), lr=args.rate)
    batches = noisy()
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
