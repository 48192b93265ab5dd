import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, valid = net(), data(16, 2)
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.7))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=6)
cool = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=14)
scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cool], milestones=[6])


def evaluate():
    return loss_of(model, valid)


for _ in range(4):
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        average.update_parameters(model)
    print("val_loss", evaluate(), "of the average", loss_of(average, valid))
print(digest(model, average))
