"""How late a flight starts, AdamW with a warm-up and a cosine of its own, each flight seen once."""

import basics
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

RATE, STEPS, BATCH = 1e-3, 1800, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Linear(24, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.flights()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate)
    batches = basics.passes(DataLoader(TensorDataset(*tabular.flights()[:2]), BATCH, shuffle=True, drop_last=True))
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=basics.warm_cosine)


if __name__ == "__main__":
    main()
