import timm
import torch
from sklearn.datasets import load_digits
from timm.data import Mixup
from timm.loss import SoftTargetCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, ModelEmaV3, accuracy
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1).repeat(1, 3, 4, 4) / 16
data = TensorDataset(images, torch.tensor(digits.target))
train = DataLoader(torch.utils.data.Subset(data, range(1024)), 32, shuffle=True, drop_last=True, num_workers=1)
val = DataLoader(torch.utils.data.Subset(data, range(1437, 1797)), 64)
model = timm.create_model(
    "vit_tiny_patch16_224", num_classes=10, img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3
)
ema = ModelEmaV3(model, decay=0.99)
optimizer = create_optimizer_v2(model, opt="lamb", lr=1e-3, weight_decay=0.02)
scheduler, epochs = create_scheduler_v2(optimizer, sched="cosine", num_epochs=16, warmup_epochs=2, warmup_lr=1e-5)
mixup, smooth, plain = Mixup(0.2, num_classes=10), SoftTargetCrossEntropy(), torch.nn.CrossEntropyLoss()
for epoch in range(16):
    model.train()
    losses = AverageMeter()
    for images, target in train:
        images, target = mixup(images, target)
        loss = smooth(model(images), target)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(model)
        losses.update(loss.item(), len(images))
    print(f"Train: {epoch} Loss: {losses.val:#.3g} ({losses.avg:#.3g}) LR: {optimizer.param_groups[0]['lr']:.3e}")
    ema.module.eval()
    losses, top1 = AverageMeter(), AverageMeter()
    with torch.inference_mode():
        for images, target in val:
            output = ema.module(images)
            losses.update(plain(output, target).item(), len(images))
            top1.update(accuracy(output, target)[0].item(), len(images))
    print(
        f"Test (EMA): {epoch} Loss: {losses.val:>7.3f} ({losses.avg:>6.3f}) Acc@1: {top1.val:>7.3f} ({top1.avg:>7.3f})"
    )
    scheduler.step(epoch + 1, top1.avg)
