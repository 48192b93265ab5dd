import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, train, valid = net(), data(40, 1), data(16, 2)
optimizer = torch.optim.SGD([{"params": model[0].parameters()}, {"params": model[2].parameters()}], lr=0.1)
loader = DataLoader(train, batch_size=8, shuffle=True)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=[0.1, 0.05], epochs=4, steps_per_epoch=len(loader), cycle_momentum=False
)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)


def evaluate():
    return loss_of(model, valid)


for _ in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.mse_loss(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    print("val_loss", evaluate(), [group["lr"] for group in optimizer.param_groups])
print(digest(model))
