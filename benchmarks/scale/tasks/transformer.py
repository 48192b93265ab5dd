"""The next letter of Python's own source by a transformer of two blocks, AdamW."""

import data
import torch
import training_loop
from torch import nn
from torch.nn.functional import cross_entropy

LENGTH = 32


class Letters(nn.Module):
    """Embeddings, blocks that look back only, a linear layer."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.letter, self.place = nn.Embedding(128, width), nn.Embedding(LENGTH, width)
        block = nn.TransformerEncoderLayer(width, 4, 4 * width, 0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 128)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each next letter."""
        seen = self.letter(letters) + self.place.weight
        return self.head(self.norm(self.blocks(seen, mask=self.mask, is_causal=True)))


def main() -> None:
    """Train once."""
    args = training_loop.arguments(1e-3, width=32, depth=2, steps=300)
    torch.manual_seed(args.seed)
    text, held = data.source()
    windows = text.unfold(0, LENGTH + 1, LENGTH)
    answers = held[: 128 * LENGTH + 1].unfold(0, LENGTH + 1, LENGTH)
    model = Letters(args.width, args.depth)

    def loss(rows: torch.Tensor) -> torch.Tensor:
        return cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())

    training_loop.train(
        model,
        torch.optim.AdamW(model.parameters(), lr=args.rate),
        lambda place: loss(windows[place]),
        training_loop.batches(len(windows), 16, args.steps),
        lambda: loss(answers).item(),
        args.steps,
    )


if __name__ == "__main__":
    main()
