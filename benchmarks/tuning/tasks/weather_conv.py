"""The next six hours of temperature from a day of weather, two convolutions, RMSprop; its rate is far too large."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 0.05, 1200, 64


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(
        nn.Conv1d(5, 24, 5), nn.ReLU(), nn.Conv1d(24, 24, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(192, 6)
    )


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    _, _, hours, temperatures = data.weather()
    loss = mse_loss(model(hours), temperatures).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.weather()[:2])
    for step, (hours, temperatures) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = mse_loss(model(hours), temperatures)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
