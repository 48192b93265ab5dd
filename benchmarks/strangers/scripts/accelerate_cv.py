import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset, random_split

accelerator = Accelerator(cpu=True, mixed_precision="bf16", gradient_accumulation_steps=2)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target))
train, test = random_split(data, [1437, 360], generator=torch.Generator().manual_seed(0))
train_dataloader, eval_dataloader = DataLoader(train, 16, shuffle=True), DataLoader(test, 64)
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(256, 10),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4 / 25)
epochs = 20
lr_scheduler = OneCycleLR(optimizer, max_lr=3e-4, epochs=epochs, steps_per_epoch=len(train_dataloader) // 2 + 1)
model, optimizer, train_dataloader, eval_dataloader, lr_scheduler = accelerator.prepare(
    model, optimizer, train_dataloader, eval_dataloader, lr_scheduler
)
for epoch in range(epochs):
    model.train()
    for inputs, targets in train_dataloader:
        with accelerator.accumulate(model):
            loss = torch.nn.functional.cross_entropy(model(inputs), targets)
            accelerator.backward(loss)
            optimizer.step()
            lr_scheduler.step()
            optimizer.zero_grad()
    model.eval()
    accurate = num_elems = 0
    for inputs, targets in eval_dataloader:
        with torch.no_grad():
            predictions = model(inputs).argmax(dim=-1)
        predictions, targets = accelerator.gather_for_metrics((predictions, targets))
        accurate += (predictions == targets).long().sum().item()
        num_elems += len(targets)
    accelerator.print(f"epoch {epoch}: {100 * accurate / num_elems:.2f}")
