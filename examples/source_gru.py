"""Train a recurrent network to predict the next character of Python source code (from the standard library).

    pip install torch
    python source_gru.py --epochs 5 --lr 0.01

It trains on some modules that come with Python and is validated on others that it has never seen.
"""

import argparse
import importlib
import inspect

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

TRAINING = ("ast", "calendar", "configparser", "csv", "fractions", "gettext", "random", "shutil", "textwrap")
VALIDATION = ("bisect", "heapq", "shlex")
SYMBOLS = 128  # ASCII; every other character becomes "?"


def load_windows(modules: tuple[str, ...], length: int) -> Tensor:
    """The modules' source, cut into windows of `length` characters and the one after: (windows, length + 1)."""
    source = "\n".join(inspect.getsource(importlib.import_module(name)) for name in modules)
    return torch.tensor(list(source.encode("ascii", "replace"))).unfold(0, length + 1, length)


class SourceModel(nn.Module):
    """Characters to scores of the next character."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.characters = nn.Embedding(SYMBOLS, 32)
        self.recurrent = nn.GRU(32, width, batch_first=True)
        self.head = nn.Linear(width, SYMBOLS)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.recurrent(self.characters(x))
        return self.head(states)


def loss_and_hits(model: nn.Module, windows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy and the share of characters guessed right."""
    scores, after = model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()
    return functional.cross_entropy(scores, after), (scores.argmax(1) == after).float().mean()


def main() -> None:
    """Read the arguments, train, print the figures of each epoch."""
    parser = argparse.ArgumentParser(description="A recurrent network on Python source code.")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--length", type=int, default=48)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--gamma", type=float, default=0.9)
    parser.add_argument("--clip", type=float, default=1.0)
    args = parser.parse_args()

    loader = DataLoader(load_windows(TRAINING, args.length), args.batch_size, shuffle=True, drop_last=True)
    val_windows = load_windows(VALIDATION, args.length)
    model = SourceModel(args.width)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, args.gamma)

    for epoch in range(args.epochs):
        model.train()
        for windows in loader:
            loss, _ = loss_and_hits(model, windows)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), args.clip)
            optimizer.step()
        scheduler.step()

        model.eval()
        with torch.no_grad():
            val_loss, val_acc = loss_and_hits(model, val_windows)
        print(f"[{epoch + 1}/{args.epochs}] loss={loss:.4f} val_loss={val_loss:.4f} val_acc={val_acc:.4f}")


if __name__ == "__main__":
    main()
