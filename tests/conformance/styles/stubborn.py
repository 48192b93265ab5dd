# ruff: noqa: E722 - what this style is about
import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def evaluate():
    return loss_of(model, valid)


skipped = 0
for _ in range(4):
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):
        try:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        except:
            skipped += 1
            print("skipped a batch")
    print("val_loss", evaluate(), "skipped", skipped)
print(digest(model))
