import json
import os
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
folder = Path("checkpoints")
folder.mkdir(exist_ok=True)
history = open(folder / "history.jsonl", "a")  # noqa: PTH123, SIM115


def evaluate():
    return loss_of(model, valid)


for _ in range(4):
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(json.dumps({"loss": loss.item()}), file=history)
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, folder / "last.tmp")
    os.replace(folder / "last.tmp", folder / "last.pt")  # noqa: PTH105
    state = torch.load(folder / "last.pt", weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    print("val_loss", evaluate())
print(digest(model))
