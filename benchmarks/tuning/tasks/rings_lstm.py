"""The next ring of a tree from forty, an LSTM, MADGRAD, an exponential decay of its own."""

import basics
import tabular
import torch
from timm.optim import MADGRAD
from torch import Tensor, nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 0.01, 500, 32


class Rings(nn.Module):
    """One LSTM, its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, 16, batch_first=True)
        self.head = nn.Linear(16, 1)

    def forward(self, rings: Tensor) -> Tensor:
        """The next ring."""
        return self.head(self.lstm(rings.transpose(1, 2))[0][:, -1])


def build() -> nn.Module:
    """The model, untrained."""
    return Rings()


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return mse_loss(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.tree_rings()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = MADGRAD(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *tabular.tree_rings()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=lambda step, steps: 0.02 ** (step / steps))


if __name__ == "__main__":
    main()
