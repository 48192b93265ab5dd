"""Comedy, drama or neither from the title of a film, a table of embeddings, Adagrad."""

import basics
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 2000, 64


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.EmbeddingBag(4096, 16, mode="mean", padding_idx=0), nn.Linear(16, 3))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *tabular.movies()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adagrad(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *tabular.movies()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
