"""The mended scripts: four small trainings as people write them, which `reported` breaks as it was reported."""

__all__ = ["CLASSES", "NUMBERS", "RECOMMENDER", "YES_OR_NO"]

CLASSES = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
centres = torch.randn(6, 16)
labels = torch.arange(6).repeat_interleave(240)
samples = centres[labels] + 1.2 * torch.randn(1440, 16)
order = torch.randperm(1440)
held, kept = order[:240], order[240:].sort().values
train_set = TensorDataset(samples[kept], labels[kept])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 6))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)

for epoch in range(15):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        outputs = model(samples[held])
        val_loss = nn.functional.cross_entropy(outputs, labels[held]).item()
        val_acc = (outputs.argmax(1) == labels[held]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} val_loss {val_loss:.4f} val_acc {val_acc:.4f}")
"""

NUMBERS = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(1200, 8)
targets = inputs[:, 0] * 2 - inputs[:, 1] + torch.sin(2 * inputs[:, 2]) + 0.1 * torch.randn(1200)
train_loader = DataLoader(TensorDataset(inputs[:1000], targets[:1000]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)

for epoch in range(15):
    for batch, wanted in train_loader:
        optimizer.zero_grad()
        predicted = model(batch).squeeze(1)
        loss = criterion(predicted, wanted)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val_loss = nn.functional.mse_loss(model(inputs[1000:]).squeeze(1), targets[1000:]).item()
    print(f"epoch {epoch} loss {loss.item():.4f} val_loss {val_loss:.4f}")
"""

YES_OR_NO = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(1400, 10)
tags = (inputs @ torch.randn(10, 3) + 0.3 * torch.randn(1400, 3) > 0.8).float()
train_loader = DataLoader(TensorDataset(inputs[:1200], tags[:1200]), batch_size=32, shuffle=True)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.head = nn.Linear(48, 3)

    def forward(self, batch):
        return self.head(self.body(batch))


model = Tagger()
criterion = nn.BCEWithLogitsLoss()
body_optimizer = torch.optim.Adam(model.body.parameters(), lr=0.002)
head_optimizer = torch.optim.Adam(model.head.parameters(), lr=0.002)

for epoch in range(12):
    model.train()
    for batch, wanted in train_loader:
        body_optimizer.zero_grad()
        head_optimizer.zero_grad()
        loss = criterion(model(batch), wanted)
        loss.backward()
        body_optimizer.step()
        head_optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(inputs[1200:]), tags[1200:]).item()
    print(f"epoch {epoch} loss {loss.item():.4f} val_loss {val_loss:.4f}")
"""

RECOMMENDER = """\
import torch
from torch import nn

torch.manual_seed(0)
tastes, kinds = torch.randn(150, 4), torch.randn(200, 4)
users, items = torch.randint(150, (6000,)), torch.randint(200, (6000,))
liked = ((tastes[users] * kinds[items]).sum(1) > 0).float()


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(150, 16), nn.Embedding(200, 16)
        nn.init.normal_(self.users.weight, std=0.1)
        nn.init.normal_(self.items.weight, std=0.1)

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(1)


model = Factors()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)

for epoch in range(10):
    model.train()
    for rows in torch.randperm(5400).split(128):
        optimizer.zero_grad()
        loss = criterion(model(users[rows], items[rows]), liked[rows])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(users[5400:], items[5400:]), liked[5400:]).item()
    print(f"epoch {epoch} loss {loss.item():.4f} val_loss {val_loss:.4f}")
"""
