"""Digits of MNIST by three convolutions with batch norm, SGD with momentum."""

import data
import torch
import training_loop
from torch import nn
from torch.nn.functional import cross_entropy


def block(one: int, other: int) -> nn.Sequential:
    """Half the size, other channels."""
    return nn.Sequential(nn.Conv2d(one, other, 3, stride=2, padding=1), nn.BatchNorm2d(other), nn.ReLU())


def main() -> None:
    """Train once."""
    args = training_loop.arguments(0.01, channels=16, steps=300)
    torch.manual_seed(args.seed)
    images, labels, held, answers = data.mnist()
    wide = args.channels
    model = nn.Sequential(
        block(1, wide), block(wide, wide), block(wide, wide), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, 10)
    )
    training_loop.train(
        model,
        torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9),
        lambda place: cross_entropy(model(images[place]), labels[place]),
        training_loop.batches(len(images), 64, args.steps),
        lambda: cross_entropy(model(held), answers).item(),
        args.steps,
    )


if __name__ == "__main__":
    main()
