"""The next letter of Python's own source by a small transformer, AdamW, each window seen once."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

RATE, STEPS, BATCH = 1e-3, 800, 12
LENGTH = 32


class Letters(nn.Module):
    """A causal transformer of two layers with learned positions."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(128, width), nn.Parameter(torch.randn(LENGTH, width) / 10)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 128))
        self.register_buffer("mask", torch.triu(torch.ones(LENGTH, LENGTH, dtype=torch.bool), 1))

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each symbol or class."""
        length = letters.shape[1]
        inputs = self.embed(letters) + self.place[:length]
        return self.head(self.layers(inputs, self.mask[:length, :length]))


def build() -> nn.Module:
    """The model, untrained."""
    return Letters()


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    _, text = data.source()
    chunks = text[: 256 * LENGTH].reshape(256, LENGTH)
    loss = cross_entropy(model(chunks[:, :-1]).flatten(0, 1), chunks[:, 1:].flatten()).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    loader = DataLoader(data.source()[0].unfold(0, LENGTH + 1, LENGTH), BATCH, shuffle=True)
    for step, window in enumerate(loader, 1):
        loss = cross_entropy(model(window[:, :-1]).flatten(0, 1), window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step == args.steps:
            break
        if step % every == 0:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)
    print(f"end  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
