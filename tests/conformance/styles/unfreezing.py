import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

body, head = net(), nn.Linear(1, 1)
model, valid = nn.Sequential(body, head), data(16, 2)
body.requires_grad_(False)
optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)


def evaluate():
    return loss_of(model, valid)


loader = DataLoader(data(40, 1), batch_size=8, shuffle=True)
for epoch in range(5):
    if epoch == 1:
        body.requires_grad_(True)
        optimizer.add_param_group({"params": body.parameters(), "lr": 0.005})
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda e: 0.9**e)
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, "val_loss", evaluate(), scheduler.get_last_lr())
print(digest(model))
