from pydoc_data.topics import topics

import torch
from torch import nn

text = "".join(topics.values())
stoi = {each: at for at, each in enumerate(sorted(set(text)))}
data = torch.tensor([stoi[each] for each in text])
train, val = data[: int(0.9 * len(data))], data[int(0.9 * len(data)) :]
model = torch.compile(
    nn.Sequential(nn.Embedding(len(stoi), 16), nn.Flatten(), nn.Linear(128, 64), nn.Tanh(), nn.Linear(64, len(stoi)))
)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)


def batch(part):
    at = torch.randint(len(part) - 9, (32,))
    return torch.stack([part[each : each + 8] for each in at]), torch.stack([part[each + 8] for each in at])


for step in range(1001):
    x, y = batch(train)
    loss = nn.functional.cross_entropy(model(x), y)
    model.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step} | loss {loss.item():.4f}")
    if step > 0 and step % 200 == 0:
        model.eval()
        with torch.no_grad():
            test_loss = (
                sum(nn.functional.cross_entropy(model(x), y).item() for x, y in (batch(val) for _ in range(20))) / 20
            )
        model.train()
        print(f"step {step} test loss: {test_loss}")
