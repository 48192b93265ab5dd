"""What is earned in an hour, a tiny network, Adam, 20,000 steps of 16 rows."""

import basics
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 20000, 16


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Linear(8, 24), nn.Tanh(), nn.Linear(24, 1))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.wages()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate, fused=True)
    batches = basics.batches(BATCH, *tabular.wages()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
