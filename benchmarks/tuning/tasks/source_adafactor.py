"""The next letter of source code from the eight before it, Adafactor, each window seen once."""

from functools import cache

import basics
import data
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 1200, 64


@cache
def windows() -> tuple[Tensor, ...]:
    """Eight letters and the next one: to train on, to validate."""
    train, held = (text.unfold(0, 9, 9) for text in data.source())
    return train[:, :-1], train[:, -1], held[:4000, :-1], held[:4000, -1]


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Embedding(128, 12), nn.Flatten(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 128))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *windows()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adafactor(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *windows()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
