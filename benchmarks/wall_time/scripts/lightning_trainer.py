import sys

import lightning
import torch
from sine_net import EPOCHS, net, train, valid
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = net()

    def training_step(self, batch, index):
        loss = mse_loss(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", mse_loss(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


workers = int(sys.argv[2]) if len(sys.argv) > 2 else 0
trainer = lightning.Trainer(max_epochs=EPOCHS, accelerator="cpu", logger=False, enable_checkpointing=False)
loader = DataLoader(train, batch_size=64, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
trainer.fit(Net(), loader, DataLoader(valid, batch_size=1024))
print("val_loss", trainer.callback_metrics["val_loss"].item())
