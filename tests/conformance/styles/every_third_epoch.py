import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, valid = net(), data(16, 2)
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)


def evaluate():
    return loss_of(model, valid)


for epoch in range(1, 7):
    total, batches = 0.0, 0
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, batches = total + loss.item(), batches + 1
    print(f"epoch {epoch} train loss {total / batches} last {loss.item()}")
    if epoch % 3 == 0:
        print(f"epoch {epoch} val_loss {evaluate()}")
print(digest(model))
