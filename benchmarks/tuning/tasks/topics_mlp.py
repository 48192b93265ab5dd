"""The next letter of a short text from the eight before it, momentum SGD, nine passes: it over-fits late."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 1500, 128
BEFORE = 8


def build() -> nn.Module:
    """The model, untrained."""
    width = 16 * BEFORE
    return nn.Sequential(nn.Embedding(128, 16), nn.Flatten(), nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 128))


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    text = data.topics()[1].unfold(0, BEFORE + 1, 8)
    loss = cross_entropy(model(text[:, :-1]), text[:, -1]).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, data.topics()[0].unfold(0, BEFORE + 1, 1))
    for step, (text,) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = cross_entropy(model(text[:, :-1]), text[:, -1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
