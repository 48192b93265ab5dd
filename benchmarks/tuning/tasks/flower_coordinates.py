"""The colours of a photo from their positions, Adam, many passes: it over-fits late."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import mse_loss

RATE, STEPS, BATCH = 1e-3, 1600, 128


class Waves(nn.Module):
    """Random sines and cosines of the position, and a network of three layers."""

    def __init__(self, waves: int = 48, width: int = 96) -> None:
        super().__init__()
        self.register_buffer("waves", 10 * torch.randn(2, waves))
        self.layers = nn.Sequential(
            nn.Linear(2 * waves, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3)
        )

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """The three colours."""
        angles = places @ self.waves
        return self.layers(torch.cat((angles.sin(), angles.cos()), -1))


def build() -> nn.Module:
    """The model, untrained."""
    return Waves()


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    _, _, places, colours = data.flower()
    loss = mse_loss(model(places), colours).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.flower()[:2])
    for step, (places, colours) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = mse_loss(model(places), colours)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
