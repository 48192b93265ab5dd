"""Dog or cat by its name, a transformer from scratch, which begins flat; AdamW, clipped."""

import basics
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 5e-4, 1000, 32


class Names(nn.Module):
    """A letter a token, two layers with dropout, the mean of the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(27, 32)
        self.places = nn.Parameter(0.02 * torch.randn(12, 32))
        layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.1, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 2)

    def forward(self, letters: Tensor) -> Tensor:
        """Scores of dog and cat."""
        return self.head(self.layers(self.letters(letters) + self.places).mean(1))


def build() -> nn.Module:
    """The model, untrained."""
    return Names()


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.pet_names()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.05)
    batches = basics.batches(BATCH, *tabular.pet_names()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, clip=1.0)


if __name__ == "__main__":
    main()
