"""MNIST at 14 × 14 by a small convolutional network with batch norm, AdamW, 8 epochs through a `DataLoader`."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

RATE, STEPS, BATCH = 1e-3, 1000, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(144, 10),
    )  # fmt: skip


@torch.no_grad()
def evaluate(model: nn.Module) -> tuple[float, float]:
    """Loss and accuracy on what validates."""
    model.eval()
    _, _, images, labels = data.mnist()
    scores = model(images)
    model.train()
    return cross_entropy(scores, labels).item(), (scores.argmax(1) == labels).float().mean().item()


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    loader = DataLoader(TensorDataset(*data.mnist()[:2]), BATCH, shuffle=True, drop_last=True)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    for epoch in range(1, args.steps // len(loader) + 1):
        for images, labels in loader:
            loss = cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        loss, accuracy = evaluate(model)
        print(f"epoch {epoch}  val_loss: {loss:.6g}  val_acc: {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
