import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

console = Console(width=60)
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
    table = Table("figure", "value", title=f"epoch {epoch}")
    table.add_row("val_loss", repr(evaluate()))
    console.print(table)
for _ in track(range(3), "saving", console=console):
    torch.save(model.state_dict(), "model.pt")
print(digest(model))
