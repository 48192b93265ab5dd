import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of

train, valid = DataLoader(data(40, 1), batch_size=8, shuffle=True), data(16, 2)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)


def evaluate():
    return loss_of(model, valid)


for epoch in range(4):
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(f"epoch {epoch}: loss {loss.item()}, val loss {evaluate()}, lr {scheduler.get_last_lr()}")
print(digest(model))
