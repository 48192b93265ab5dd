"""Digits by a variational autoencoder, Adamax; its training loss is drawn at random."""

import basics
import data
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

RATE, STEPS, BATCH = 2e-3, 1000, 64


class Autoencoder(nn.Module):
    """Four numbers for an image; drawn in training, their means otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
        self.decode = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The images again, as logits, and how far the numbers are from standard ones."""
        mean, spread = self.encode(images).chunk(2, 1)
        drawn = mean + torch.randn_like(mean) * (spread / 2).exp() * self.training
        return self.decode(drawn), (mean**2 + spread.exp() - spread - 1).sum(1).mean() / 2


def build() -> nn.Module:
    """The model, untrained."""
    return Autoencoder()


def loss_of(model: nn.Module, images: Tensor) -> Tensor:
    """The bound on the likelihood, a pixel."""
    again, away = model(images)
    return binary_cross_entropy_with_logits(again, images) + away / 64


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, data.digits()[2])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adamax(model.parameters(), lr=args.rate)
    basics.fit(args, model, optimizer, basics.batches(BATCH, data.digits()[0]), loss_of, evaluate)


if __name__ == "__main__":
    main()
