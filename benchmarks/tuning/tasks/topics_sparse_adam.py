"""Which word stands near which, two tables of embeddings, sparse Adam."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 1500, 128


class Pairs(nn.Module):
    """A word is told its neighbour among those of its batch."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(3000, 24, sparse=True)
        self.others = nn.Embedding(3000, 24, sparse=True)
        nn.init.zeros_(self.others.weight)

    def forward(self, words: Tensor, others: Tensor) -> Tensor:
        """Scores of every pair of the batch."""
        return self.words(words) @ self.others(others).T


def build() -> nn.Module:
    """The model, untrained."""
    return Pairs()


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    parts = zip(inputs.split(BATCH), targets.split(BATCH), strict=True)
    losses = [cross_entropy(model(words, others), torch.arange(len(words))) for words, others in parts]
    return torch.stack(losses).mean()


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *texts.neighbours()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.SparseAdam(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *texts.neighbours()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
