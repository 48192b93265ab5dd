"""Whether a review is a great one, from pretrained embeddings of its tokens, Adam; over-fits."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 400, 32


def build() -> nn.Module:
    """The model: its table of embeddings is pretrained."""
    table = nn.EmbeddingBag.from_pretrained(texts.reviews()[4], freeze=False, mode="mean", padding_idx=0)
    return nn.Sequential(table, nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 2))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *texts.reviews()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *texts.reviews()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate)


if __name__ == "__main__":
    main()
