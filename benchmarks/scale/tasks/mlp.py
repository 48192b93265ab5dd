"""Digits of MNIST by three layers, Adam."""

import data
import torch
import training_loop
from torch import nn
from torch.nn.functional import cross_entropy


def main() -> None:
    """Train once."""
    args = training_loop.arguments(1e-3, width=64, steps=400)
    torch.manual_seed(args.seed)
    images, labels, held, answers = data.mnist()
    images, held = images.flatten(1), held.flatten(1)
    wide = args.width
    model = nn.Sequential(
        nn.Linear(images.shape[1], wide), nn.ReLU(), nn.Linear(wide, wide), nn.ReLU(), nn.Linear(wide, 10)
    )
    training_loop.train(
        model,
        torch.optim.Adam(model.parameters(), lr=args.rate),
        lambda place: cross_entropy(model(images[place]), labels[place]),
        training_loop.batches(len(images), 64, args.steps),
        lambda: cross_entropy(model(held), answers).item(),
        args.steps,
    )


if __name__ == "__main__":
    main()
