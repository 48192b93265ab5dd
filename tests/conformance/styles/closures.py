import torch
from torch import nn
from toy import data, digest, loss_of, net

model, (x, y), valid = net(), data(40, 1).tensors, data(16, 2)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.3, max_iter=4)


def evaluate():
    return loss_of(model, valid)


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    return loss


for step in range(1, 25):
    loss = optimizer.step(closure)
    print("step", step, "train", loss.item())
    if step % 8 == 0:
        print("val_loss", evaluate())
print(digest(model))
