"""Handwritten digits of 8 × 8 by a small network, momentum SGD, 37 epochs through a `DataLoader`."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

RATE, STEPS, BATCH = 0.01, 1480, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 10))


@torch.no_grad()
def evaluate(model: nn.Module) -> tuple[float, float]:
    """Loss and accuracy on what validates."""
    model.eval()
    _, _, images, labels = data.digits()
    scores = model(images)
    model.train()
    return cross_entropy(scores, labels).item(), (scores.argmax(1) == labels).float().mean().item()


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    loader = DataLoader(TensorDataset(*data.digits()[:2]), BATCH, shuffle=True, drop_last=True)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9)
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
