import torch
from torch import nn
from torch.utils.data import DataLoader, WeightedRandomSampler
from toy import data, digest, loss_of, net

model, train, valid = net(), data(40, 1), data(16, 2)
sampler = WeightedRandomSampler([1.0 + (i % 3) for i in range(40)], 40)
loader = DataLoader(train, batch_size=8, sampler=sampler)
optimizer = torch.optim.RAdam(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)


def evaluate():
    return loss_of(model, valid)


for epoch in range(4):
    for i, (x, y) in enumerate(loader):
        x.requires_grad_()
        out = model(x)
        (slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)
        loss = nn.functional.mse_loss(out, y) + 0.01 * slope.square().mean()
        loss.backward()
        if (i + 1) % 2 == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step(epoch + i / len(loader))
    print("val_loss", evaluate(), optimizer.param_groups[0]["lr"])
print(digest(model))
