"""Handwritten digits, shifted at random, a fifth of their labels wrong; Nesterov SGD, its own stairs."""

from collections.abc import Iterator
from functools import cache

import basics
import data
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.1, 600, 64


@cache
def labels() -> Tensor:
    """Labels of which a fifth were drawn at random."""
    chance = torch.Generator().manual_seed(1)
    right = data.mnist()[1]
    wrong = torch.rand(len(right), generator=chance) < 0.2
    return torch.where(wrong, torch.randint(10, right.shape, generator=chance), right)


def shifted() -> Iterator[tuple[Tensor, ...]]:
    """Batches whose images are moved by up to two pixels."""
    for images, named in basics.batches(BATCH, data.mnist()[0], labels()):
        down, right = torch.randint(-2, 3, (2,)).tolist()
        yield images.roll((down, right), (2, 3)), named


def build() -> nn.Module:
    """The model, untrained."""
    layers: list[nn.Module] = []
    for before, after in ((1, 8), (8, 16)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(144, 10))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *data.mnist()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    batches = shifted()
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=basics.stairs)


if __name__ == "__main__":
    main()
