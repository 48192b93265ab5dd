import segmentation_models_pytorch as smp
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
images = torch.nn.functional.interpolate(
    torch.tensor(digits.images[:400], dtype=torch.float32).unsqueeze(1) / 16, size=32
)
masks = (images > 0.5).float()
noisy = images + 0.5 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
train, valid = TensorDataset(noisy[:320], masks[:320]), TensorDataset(noisy[320:], masks[320:])
train_loader, valid_loader = (
    DataLoader(train, batch_size=8, shuffle=True, num_workers=2),
    DataLoader(valid, batch_size=20),
)
model = smp.Unet(
    "resnet18", encoder_weights=None, encoder_depth=3, decoder_channels=(16, 8, 4), in_channels=1, classes=1
)
loss_fn = smp.losses.DiceLoss(smp.losses.BINARY_MODE, from_logits=True)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)
for epoch in range(12):
    model.train()
    for image, mask in train_loader:
        loss = loss_fn(model(image), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    stats = []
    with torch.no_grad():
        for image, mask in valid_loader:
            stats.append(smp.metrics.get_stats((model(image).sigmoid() > 0.5).long(), mask.long(), mode="binary"))
    tp, fp, fn, tn = (torch.cat(each) for each in zip(*stats))
    print({"epoch": epoch, "valid_dataset_iou": smp.metrics.iou_score(tp, fp, fn, tn, reduction="micro").item()})
