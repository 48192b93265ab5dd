"""Handwritten digits through sixteen numbers and back, Adam."""

import basics
import data
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 1000, 64


def build() -> nn.Module:
    """The model, untrained."""
    there = (nn.Flatten(), nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 16))
    return nn.Sequential(*there, nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 196))


def loss_of(model: nn.Module, images: Tensor) -> Tensor:
    """How far images are from what comes back."""
    return mse_loss(model(images), images.flatten(1))


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, data.mnist()[2])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    basics.fit(args, model, optimizer, basics.batches(BATCH, data.mnist()[0]), loss_of, evaluate)


if __name__ == "__main__":
    main()
