import snntorch as snn
import torch
from sklearn.datasets import load_digits
from snntorch import functional as SF
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

digits = load_digits()
data = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
train, test = random_split(data, [1437, 360])
train_loader, test_loader = DataLoader(train, 64, shuffle=True, drop_last=True), DataLoader(test, 64)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(64, 64), snn.Leaky(beta=0.95)
        self.fc2, self.lif2 = nn.Linear(64, 10), snn.Leaky(beta=0.95)

    def forward(self, x):
        mem1, mem2, spikes = self.lif1.init_leaky(), self.lif2.init_leaky(), []
        for _ in range(10):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


net, loss_fn = Net(), SF.ce_count_loss()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-4, betas=(0.9, 0.999))
counter = 0
for epoch in range(25):
    for inputs, targets in train_loader:
        net.train()
        loss_val = loss_fn(net(inputs), targets)
        optimizer.zero_grad()
        loss_val.backward()
        optimizer.step()
        if counter % 50 == 0:
            with torch.no_grad():
                net.eval()
                test_acc = sum(SF.accuracy_rate(net(x), y) * len(x) for x, y in test_loader) / len(test)
                print(f"Iteration {counter}, Train Loss: {loss_val.item():.2f}, Test Acc: {test_acc * 100:.2f}%")
        counter += 1
