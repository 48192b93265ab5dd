import torch
from fastai.basics import DataLoader, DataLoaders, Learner
from fastai.callback.schedule import Learner as _  # noqa: F401 - gives a learner its `fit_one_cycle`
from torch import nn
from torch.utils.data import TensorDataset

inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
targets = inputs.sum(1, keepdim=True).sin()
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), bs=8, shuffle=True)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), bs=4)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
learner = Learner(DataLoaders(train, valid), model, loss_func=nn.functional.mse_loss, lr=0.01)
learner.fit_one_cycle(4, 0.02)
