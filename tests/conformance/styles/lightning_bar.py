import lightning
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 1))

    def training_step(self, batch, index):
        loss = nn.functional.mse_loss(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", nn.functional.mse_loss(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=0.01)


inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(7))
targets = inputs.sum(1, keepdim=True).sin()
train = DataLoader(TensorDataset(inputs[:48], targets[:48]), batch_size=8, shuffle=True)
valid = DataLoader(TensorDataset(inputs[48:], targets[48:]), batch_size=16)
net = Net()


def evaluate():
    net.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(net.layers(inputs[48:]), targets[48:]).item()


trainer = lightning.Trainer(
    max_epochs=4,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_model_summary=False,
)
trainer.fit(net, train, valid)
digest = sum(float(each.double().sum()) for each in net.state_dict().values())
print("weights", digest, "val_loss", trainer.callback_metrics["val_loss"].item())
