import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
targets = inputs.sum(1, keepdim=True).sin()
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), batch_size=4, shuffle=True)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), batch_size=16)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=24)
model, optimizer, train, valid, scheduler = accelerator.prepare(model, optimizer, train, valid, scheduler)


def evaluate():
    model.eval()
    with torch.no_grad():
        losses = [nn.functional.mse_loss(*accelerator.gather_for_metrics((model(x), y))).item() for x, y in valid]
    model.train()
    return sum(losses) / len(losses)


for epoch in range(4):
    model.train()
    for x, y in train:
        with accelerator.accumulate(model):
            loss = nn.functional.mse_loss(model(x), y)
            accelerator.backward(loss)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    accelerator.print(f"epoch {epoch} val_loss {evaluate()}")
