"""Train a small transformer to predict the next character of Python's own reference manual.

    pip install torch
    python char_transformer.py --steps 1000 --lr 1e-3

The text comes with Python itself (`pydoc_data.topics`); its last tenth is held out.
"""

import argparse
import math
from pydoc_data.topics import topics

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Causal attention and a feed-forward layer, each behind a layer norm."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention_in, self.attention_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        heads = self.attention_in(self.norm_1(x)).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, dropout_p=self.dropout if self.training else 0.0
        )
        x = x + self.attention_out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.feed(self.norm_2(x))


class CharTransformer(nn.Module):
    """Characters to scores of the next character."""

    def __init__(self, symbols: int, context: int, width: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.characters, self.positions = nn.Embedding(symbols, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, symbols)

    def forward(self, x: Tensor) -> Tensor:
        where = torch.arange(x.shape[1], device=x.device)
        return self.head(self.norm(self.blocks(self.characters(x) + self.positions(where))))


def load_text() -> tuple[Tensor, Tensor, int]:
    """The manual as numbers: training part, held-out part, how many different characters there are."""
    text = "\n".join(topics[name] for name in sorted(topics))
    number = {character: i for i, character in enumerate(sorted(set(text)))}
    encoded = torch.tensor([number[character] for character in text])
    cut = int(len(encoded) * 0.9)
    return encoded[:cut], encoded[cut:], len(number)


def build_optimizer(model: nn.Module, args: argparse.Namespace) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves biases, norms and embeddings alone."""
    embeddings = {id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
    decay = [p for p in model.parameters() if p.ndim >= 2 and id(p) not in embeddings]
    no_decay = [p for p in model.parameters() if p.ndim < 2 or id(p) in embeddings]
    groups = [{"params": decay, "weight_decay": args.weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.95))


def mean_loss(model: nn.Module, windows: Tensor) -> Tensor:
    """Cross-entropy of predicting each window's characters from those before; windows are (batch, context + 1)."""
    return functional.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())


@torch.no_grad()
def evaluate(model: nn.Module, windows: Tensor) -> float:
    """Mean loss over the held-out windows."""
    model.eval()
    loss = sum(mean_loss(model, part).item() * len(part) for part in windows.split(64)) / len(windows)
    model.train()
    return loss


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description="A character transformer on Python's reference manual.")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--eval-every", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--context", type=int, default=48)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    args = parser.parse_args()

    train, held_out, symbols = load_text()
    val_windows = held_out.unfold(0, args.context + 1, args.context)[:256]
    model = CharTransformer(symbols, args.context, width=64, heads=4, layers=2, dropout=0.1)
    optimizer = build_optimizer(model, args)

    def factor(step: int) -> float:
        """Linear warm-up, then a cosine down to a tenth."""
        if step < args.warmup:
            return (step + 1) / args.warmup
        progress = (step - args.warmup) / max(1, args.steps - args.warmup)
        return 0.1 + 0.45 * (1 + math.cos(math.pi * progress))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    running = 0.0
    for step in range(1, args.steps + 1):
        starts = torch.randint(len(train) - args.context, (args.batch_size,))
        loss = mean_loss(model, torch.stack([train[i : i + args.context + 1] for i in starts]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        running += loss.item()
        if step % args.eval_every == 0 or step == args.steps:
            since = (step - 1) % args.eval_every + 1
            print(f"step {step}: train loss {running / since:.4f}, val loss {evaluate(model, val_windows):.4f}")
            running = 0.0


if __name__ == "__main__":
    main()
