"""The next letter of Python's own source by a GRU of any width, Adam, a single pass."""

import argparse
import sysconfig
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

LENGTH, BATCH = 32, 16

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=32)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--rate", type=float, default=1e-3)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
torch.manual_seed(args.seed)


class Letters(nn.Module):
    """Embedding, one GRU, a linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed, self.gru = nn.Embedding(128, 32), nn.GRU(32, width, batch_first=True)
        self.head = nn.Linear(width, 128)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each next letter."""
        return self.head(self.gru(self.embed(letters))[0])


files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
source = b"".join(file.read_bytes() for file in files)
codes = torch.tensor([min(letter, 127) for letter in source])
windows = codes[
    torch.randperm(len(codes) // LENGTH - 1, generator=torch.Generator().manual_seed(0))[:, None] * LENGTH
    + torch.arange(LENGTH + 1)
]
held, windows = windows[:256], windows[256:]
model = Letters(args.width)
optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)


def loss(rows: torch.Tensor) -> torch.Tensor:
    """Of the letters that follow."""
    return cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())


order = torch.randperm(len(windows))
for step in range(args.steps):
    optimizer.zero_grad()
    loss(windows[order[step * BATCH : (step + 1) * BATCH]]).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print(f"val_loss: {loss(held):.5f}")
