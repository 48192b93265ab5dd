import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def evaluate():
    return loss_of(model, valid)


for epoch in range(4):
    total = 0.0
    for count, (x, y) in enumerate(DataLoader(data(40, 1), batch_size=8, shuffle=True), 1):  # noqa: B007
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "train", total / count)
print("val_loss", evaluate())
print(digest(model))
