import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm
from vit_pytorch import ViT

digits = load_digits()
images, labels = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(images[:1437], labels[:1437]), batch_size=32, shuffle=True)
valid_loader = DataLoader(TensorDataset(images[1437:], labels[1437:]), batch_size=64)
model = ViT(image_size=8, patch_size=2, num_classes=10, channels=1, dim=32, depth=2, heads=2, dim_head=16, mlp_dim=64)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-5)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.95)
for epoch in range(16):
    epoch_loss, epoch_accuracy = 0, 0
    for data, label in tqdm(train_loader):
        loss = F.cross_entropy(output := model(data), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_accuracy += (output.argmax(dim=1) == label).float().mean() / len(train_loader)
        epoch_loss += loss / len(train_loader)
    with torch.no_grad():
        epoch_val_accuracy, epoch_val_loss = 0, 0
        for data, label in valid_loader:
            val_loss = F.cross_entropy(val_output := model(data), label)
            epoch_val_accuracy += (val_output.argmax(dim=1) == label).float().mean() / len(valid_loader)
            epoch_val_loss += val_loss / len(valid_loader)
    print(
        f"Epoch : {epoch + 1} - loss : {epoch_loss:.4f} - acc: {epoch_accuracy:.4f} "
        f"- val_loss : {epoch_val_loss:.4f} - val_acc: {epoch_val_accuracy:.4f}\n"
    )
    scheduler.step()
