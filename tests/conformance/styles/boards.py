import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from toy import data, digest, loss_of, net

writer = SummaryWriter("runs/one")
model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def evaluate():
    return loss_of(model, valid)


for epoch in range(4):
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    writer.add_scalar("val/loss", evaluate(), epoch)
    print("val/loss", evaluate())
writer.close()
print(digest(model))
