"""Six hours of demand for electricity from a day of it, convolutions, RAdam, its own stairs."""

import basics
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 1200, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(
        nn.Conv1d(3, 16, 5, stride=2),
        nn.ReLU(),
        nn.Conv1d(16, 24, 5, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(216, 12),
    )


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.demand()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.RAdam(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *tabular.demand()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=basics.stairs)


if __name__ == "__main__":
    main()
