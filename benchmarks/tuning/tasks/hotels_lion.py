"""The price of a night in a hotel, Lion."""

import basics
import tabular
import torch
from timm.optim import Lion
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-4, 1500, 64


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Linear(50, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.hotels()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = Lion(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *tabular.hotels()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
