"""Handwritten digits by a network of three layers, Muon, and AdamW for what is no matrix."""

import basics
import data
import torch
from timm.optim import Muon
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.02, 500, 64


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Flatten(), nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *data.mnist()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = Muon(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *data.mnist()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
