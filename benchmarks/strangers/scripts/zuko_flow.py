import torch
import zuko
from sklearn.datasets import make_moons
from torch.utils import data

samples = torch.tensor(make_moons(16384, noise=0.05, random_state=0)[0], dtype=torch.float32)
trainset = data.TensorDataset(samples)
trainloader = data.DataLoader(trainset, batch_size=64, shuffle=True)
flow = zuko.flows.NSF(features=2, transforms=2, hidden_features=(32, 32))
optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3)
for epoch in range(4):
    losses = []
    for (x,) in trainloader:
        loss = -flow().log_prob(x).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    losses = torch.stack(losses)
    print(f"({epoch})", losses.mean().item(), "±", losses.std().item())
