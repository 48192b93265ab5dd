"""Handwritten digits, row by row, by a transformer with dropout, AdamW: its figure is mostly noise."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 1000, 32


class Rows(nn.Module):
    """One layer of attention over the eight rows of an image."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embed, self.place = nn.Linear(8, width), nn.Parameter(torch.randn(8, width) / 10)
        self.layer = nn.TransformerEncoderLayer(width, 2, 2 * width, 0.1, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores of each symbol or class."""
        rows = self.embed(images.reshape(-1, 8, 8)) + self.place
        return self.head(self.layer(rows).mean(1))


def build() -> nn.Module:
    """The model, untrained."""
    return Rows()


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
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.digits()[:2])
    for step, (images, labels) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            loss, accuracy = evaluate(model)
            print(f"step {step}  val_loss: {loss:.6g}  val_acc: {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
