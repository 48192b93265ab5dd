"""The next letter of Python's own source by a plain ReLU network, RMSprop with clipping, each window seen once."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

RATE, STEPS, BATCH = 0.01, 800, 16
LENGTH = 64


class Letters(nn.Module):
    """Embedding, one recurrent layer without gates, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(128, 16)
        self.rnn = nn.RNN(16, 48, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(48, 128)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each symbol or class."""
        return self.head(self.rnn(self.embed(letters))[0])


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
    optimizer = torch.optim.RMSprop(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    loader = DataLoader(data.source()[0].unfold(0, LENGTH + 1, LENGTH), BATCH, shuffle=True)
    for step, window in enumerate(loader, 1):
        loss = cross_entropy(model(window[:, :-1]).flatten(0, 1), window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step == args.steps:
            break
        if step % every == 0:
            print(f"step {step}  val_loss: {evaluate(model):.6g}", flush=True)
    print(f"end  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
