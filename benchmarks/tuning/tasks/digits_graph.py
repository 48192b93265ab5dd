"""Digits as a graph of neighbours, of which 150 are labelled, two graph convolutions, Adam, 200 steps."""

from functools import cache
from itertools import repeat

import basics
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 200, 150


@cache
def graph() -> tuple[Tensor, Tensor, Tensor]:
    """Who is among whose eight nearest images, as a normalised sparse matrix; the images; the labels."""
    from sklearn.datasets import load_digits
    from sklearn.neighbors import kneighbors_graph

    images, labels = load_digits(return_X_y=True)
    near = torch.tensor(kneighbors_graph(images, 8).toarray(), dtype=torch.float32)
    near = near.maximum(near.T) + torch.eye(len(near))
    scale = near.sum(1).rsqrt()
    return (
        (scale[:, None] * near * scale).to_sparse_csr(),
        torch.tensor(images / 16, dtype=torch.float32),
        torch.tensor(labels),
    )


@cache
def parts() -> tuple[Tensor, Tensor]:
    """The images whose labels train, and those whose labels validate."""
    order = torch.randperm(len(graph()[2]), generator=torch.Generator().manual_seed(0))
    return order[:BATCH], order[BATCH : BATCH + 1000]


class Convolutions(nn.Module):
    """Two graph convolutions with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 32), nn.Linear(32, 10)
        self.drop = nn.Dropout(0.5)

    def forward(self, near: Tensor, images: Tensor) -> Tensor:
        """Scores of each image's digit."""
        hidden = torch.relu(near @ self.first(self.drop(images)))
        return near @ self.second(self.drop(hidden))


def build() -> nn.Module:
    """The model, untrained."""
    return Convolutions()


def loss_of(model: nn.Module, chosen: Tensor) -> Tensor:
    """The loss on these images."""
    near, images, labels = graph()
    return cross_entropy(model(near, images)[chosen], labels[chosen])


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, parts()[1])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate, weight_decay=5e-4)
    basics.fit(args, model, optimizer, repeat((parts()[0],)), loss_of, evaluate)


if __name__ == "__main__":
    main()
