"""The next letter of help pages, a transformer from scratch, AdamW with a warm-up and a cosine of its own."""

from functools import cache

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 3e-4, 300, 12

LENGTH = 32


@cache
def windows() -> tuple[Tensor, ...]:
    """Letters and those after them: to train on, to validate."""
    train, held = (text.unfold(0, LENGTH + 1, LENGTH) for text in texts.pages())
    return train[:, :-1], train[:, 1:], held[:256, :-1], held[:256, 1:]


class Letters(nn.Module):
    """A letter a token, two layers that look back only."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(128, 48)
        self.places = nn.Parameter(0.02 * torch.randn(LENGTH, 48))
        layer = nn.TransformerEncoderLayer(
            48, 4, 128, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(48, 128)

    def forward(self, letters: Tensor) -> Tensor:
        """Scores of the letter after each."""
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        return self.head(self.layers(self.embed(letters) + self.places, mask, is_causal=True))


def build() -> nn.Module:
    """The model, untrained."""
    return Letters()


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *windows()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.95), weight_decay=0.1)
    batches = basics.batches(BATCH, *windows()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=basics.warm_cosine, clip=1.0)


if __name__ == "__main__":
    main()
