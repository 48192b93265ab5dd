"""The next letter of Python's own source by a GRU, Adam with clipping."""

import data
import torch
import training_loop
from torch import nn
from torch.nn.functional import cross_entropy

LENGTH = 32


class Letters(nn.Module):
    """Embedding, one GRU, a linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed, self.gru = nn.Embedding(128, 32), nn.GRU(32, width, batch_first=True)
        self.head = nn.Linear(width, 128)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each next letter."""
        return self.head(self.gru(self.embed(letters))[0])


def main() -> None:
    """Train once."""
    args = training_loop.arguments(1e-3, width=48, steps=200)
    torch.manual_seed(args.seed)
    text, held = data.source()
    windows = text.unfold(0, LENGTH + 1, LENGTH)
    answers = held[: 128 * LENGTH + 1].unfold(0, LENGTH + 1, LENGTH)
    model = Letters(args.width)

    def loss(rows: torch.Tensor) -> torch.Tensor:
        return cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())

    training_loop.train(
        model,
        torch.optim.Adam(model.parameters(), lr=args.rate),
        lambda place: loss(windows[place]),
        training_loop.batches(len(windows), 16, args.steps),
        lambda: loss(answers).item(),
        args.steps,
    )


if __name__ == "__main__":
    main()
