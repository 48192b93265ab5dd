import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net
from tqdm import tqdm, trange

model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loader = DataLoader(data(40, 1), batch_size=8, shuffle=True)


def evaluate():
    return loss_of(model, valid)


loss_before = 9.0
for epoch in trange(4, desc="epochs"):
    bar = tqdm(loader, leave=False)
    for x, y in bar:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        bar.set_postfix(loss=f"{loss.item():.3f}", val_loss=f"{loss_before:.3f}")
    loss_before = evaluate()
    tqdm.write(f"epoch {epoch} val_loss {loss_before}")
print(digest(model))
