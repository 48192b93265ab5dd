"""The next sound of a word from two, momentum SGD with a warm-up and a cosine of its own, 12,000 steps."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 12000, 32


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.Embedding(40, 8), nn.Flatten(), nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 40))


def loss_of(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The training loss of a batch."""
    return cross_entropy(model(inputs), targets)


def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    return basics.held_out(model, loss_of, *texts.sounds()[2:4])


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.rate, momentum=0.9, fused=True)
    batches = basics.batches(BATCH, *texts.sounds()[:2])
    basics.fit(args, model, optimizer, batches, loss_of, evaluate, own=basics.warm_cosine)


if __name__ == "__main__":
    main()
