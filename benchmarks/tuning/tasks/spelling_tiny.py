"""The next letter of a word from the three before it, a tiny network, momentum SGD, 10,000 steps."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 10_000, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Embedding(27, 8), nn.Flatten(), nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 27))


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    _, _, before, letters = data.spelling()
    loss = cross_entropy(model(before), letters).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9, fused=True)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.spelling()[:2])
    for step, (before, letters) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = cross_entropy(model(before), letters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
