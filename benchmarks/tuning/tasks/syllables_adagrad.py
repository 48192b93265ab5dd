"""Syllables of a word from its groups of three letters: a sparse table of embeddings, Adagrad, three passes."""

import basics
import data
import torch
from torch import nn
from torch.nn.functional import cross_entropy

RATE, STEPS, BATCH = 0.01, 2400, 128


def build() -> nn.Module:
    """The model, untrained."""
    return nn.Sequential(nn.EmbeddingBag(8192, 24, mode="sum", sparse=True, padding_idx=0), nn.Linear(24, 6))


@torch.no_grad()
def evaluate(model: nn.Module) -> tuple[float, float]:
    """Loss and accuracy on what validates."""
    model.eval()
    _, _, groups, counts = data.syllables()
    scores = model(groups)
    model.train()
    return cross_entropy(scores, counts).item(), (scores.argmax(1) == counts).float().mean().item()


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.Adagrad(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps)
    every = max(1, args.steps // 20)
    batches = basics.batches(BATCH, *data.syllables()[:2])
    for step, (groups, counts) in zip(range(1, args.steps + 1), batches, strict=False):
        loss = cross_entropy(model(groups), counts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == args.steps:
            loss, accuracy = evaluate(model)
            print(f"step {step}  val_loss: {loss:.6g}  val_acc: {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
