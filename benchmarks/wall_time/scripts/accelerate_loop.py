import torch
from accelerate import Accelerator
from sine_net import EPOCHS, loss_of, net, train
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader

accelerator, model = Accelerator(cpu=True), net()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
model, optimizer, loader = accelerator.prepare(model, optimizer, DataLoader(train, batch_size=64, shuffle=True))
for epoch in range(EPOCHS):
    for x, y in loader:
        loss = mse_loss(model(x), y)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
    print(f"epoch {epoch} val_loss {loss_of(model)}")
