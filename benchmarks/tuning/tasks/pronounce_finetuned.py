"""How words sound, by a pretrained pair of GRUs that nearly knows; Adam, clipped."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 1e-3, 200, 16


class Reader(nn.Module):
    """A GRU reads the letters, another one says the sounds."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.letters, self.sounds = (
            nn.Embedding.from_pretrained(weights[f"{part}_emb"], freeze=False) for part in ("enc", "dec")
        )
        self.enc, self.dec = (nn.GRU(256, 256, batch_first=True) for _ in range(2))
        self.head = nn.Linear(256, 74)
        given = {"head.weight": weights["fc_w"], "head.bias": weights["fc_b"]}
        for part in ("enc", "dec"):
            given |= {
                f"{part}.{kind}_{way}_l0": weights[f"{part}_{kind[0]}_{way}"]
                for kind in ("weight", "bias")
                for way in ("ih", "hh")
            }
        self.load_state_dict(given, strict=False)

    def forward(self, letters: Tensor, sounds: Tensor) -> Tensor:
        """Scores of the sound after each."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.letters(letters), (letters > 0).sum(1), batch_first=True, enforce_sorted=False
        )
        return self.head(self.dec(self.sounds(sounds), self.enc(packed)[1])[0])


def build() -> nn.Module:
    """The model as it was trained by others."""
    return Reader(texts.reader())


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs, targets[:, :-1]).flatten(0, 1), targets[:, 1:].flatten(), ignore_index=0)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *texts.spoken()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    batches = basics.batches(BATCH, *texts.spoken()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, clip=1.0)


if __name__ == "__main__":
    main()
