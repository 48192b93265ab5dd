"""What the scripts share: data, a net of about 10 ms a step, and how many epochs a run has."""

import sys

import torch
from torch import nn
from torch.utils.data import TensorDataset

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
torch.manual_seed(0)
_x = torch.randn(4096, 64)
_y = _x[:, :8].sum(1, keepdim=True).sin() + 0.1 * torch.randn(4096, 1)
train = TensorDataset(_x[:3072], _y[:3072])
valid = TensorDataset(_x[3072:], _y[3072:])


def net():
    return nn.Sequential(nn.Linear(64, 768), nn.ReLU(), nn.Linear(768, 768), nn.ReLU(), nn.Linear(768, 1))


def loss_of(model):
    model.eval()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(valid.tensors[0]), valid.tensors[1]).item()
    model.train()
    return loss
