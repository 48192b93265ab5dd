import math

import torch
from torch import nn
from toy import digest

batch_size, block_size, max_iters, eval_interval, eval_iters = 4, 8, 24, 6, 3
learning_rate, min_lr, warmup_iters, grad_clip = 1e-2, 1e-3, 4, 1.0
text = torch.randint(16, (400,), generator=torch.Generator().manual_seed(7))
train_data, val_data = text[:300], text[300:]


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(16, 16), nn.Embedding(block_size, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.head = nn.Linear(16, 16, bias=False)

    def forward(self, x, y):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        hidden = self.block(self.tokens(x) + self.places.weight[: x.shape[1]], src_mask=mask)
        return nn.functional.cross_entropy(self.head(hidden).flatten(0, 1), y.flatten())


def get_batch(rows, generator=None):
    starts = torch.randint(len(rows) - block_size, (batch_size,), generator=generator)
    return (
        torch.stack([rows[i : i + block_size] for i in starts]),
        torch.stack([rows[i + 1 : i + 1 + block_size] for i in starts]),
    )


def get_lr(it):
    if it < warmup_iters:
        return learning_rate * (it + 1) / (warmup_iters + 1)
    ratio = (it - warmup_iters) / (max_iters - warmup_iters)
    return min_lr + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (learning_rate - min_lr)


@torch.no_grad()
def evaluate():
    model.eval()
    generator = torch.Generator().manual_seed(3)
    losses = torch.stack([model(*get_batch(val_data, generator)) for _ in range(eval_iters)])
    model.train()
    return losses.mean().item()


model = GPT()
decay = [p for p in model.parameters() if p.dim() >= 2]
rest = [p for p in model.parameters() if p.dim() < 2]
groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), fused=True)
x, y = get_batch(train_data)
iter_num = 0
while True:
    lr = get_lr(iter_num)
    for group in optimizer.param_groups:
        group["lr"] = lr
    if iter_num % eval_interval == 0:
        print(f"step {iter_num}: val loss {evaluate()}")
    for _ in range(2):
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(x, y) / 2
        x, y = get_batch(train_data)
        loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if iter_num % 4 == 0:
        print(f"iter {iter_num}: loss {loss.item() * 2}, lr {lr}")
    iter_num += 1
    if iter_num > max_iters:
        break
print(digest(model))
