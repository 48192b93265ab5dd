"""The price of a diamond by a tiny network, Adam, 10,000 steps of 16 rows."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 10_000, 16


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Linear(9, 32), nn.Tanh(), nn.Linear(32, 1))


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    _, _, rows, prices = data.diamonds()
    loss = mse_loss(model(rows), prices).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate, fused=True)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.diamonds()[:2])
    for step, (rows, prices) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = mse_loss(model(rows), prices)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
