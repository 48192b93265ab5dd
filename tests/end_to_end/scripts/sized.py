"""A regression whose best rate falls with its `--width`, as a law over sizes needs it. It takes 48 steps."""

import argparse

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=8)
options = parser.parse_args()

torch.manual_seed(0)
inputs = torch.randn(256, 8)
wanted = torch.sin(inputs.sum(1, keepdim=True))
model = nn.Sequential(nn.Linear(8, options.width), nn.Tanh(), nn.Linear(options.width, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for step in range(48):
    rows = torch.arange(32) + 32 * (step % 7)
    loss = nn.functional.mse_loss(model(inputs[rows]), wanted[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(f"val_loss: {nn.functional.mse_loss(model(inputs[224:]), wanted[224:]):.6g}")
