"""Syllables of a word from its letters, a GRU, RMSprop; a step is two batches; short."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 400, 24


class Letters(nn.Module):
    """Embedding, one GRU, the mean of its states."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(27, 16)
        self.gru = nn.GRU(16, 32, batch_first=True)
        self.head = nn.Linear(32, 6)

    def forward(self, letters: Tensor) -> Tensor:
        """Scores of one to six syllables."""
        return self.head(self.gru(self.embed(letters))[0].mean(1))


def build() -> nn.Module:
    """The model, untrained."""
    return Letters()


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *texts.spelled()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *texts.spelled()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, clip=1.0, accumulate=2)


if __name__ == "__main__":
    main()
