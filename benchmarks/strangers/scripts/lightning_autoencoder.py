import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn, optim, utils


class LitAutoEncoder(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
        self.decoder = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64))

    def _loss(self, batch):
        (x,) = batch
        return nn.functional.mse_loss(self.decoder(self.encoder(x)), x)

    def training_step(self, batch, batch_idx):
        loss = self._loss(batch)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self._loss(batch), prog_bar=True)

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=1e-3)


x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
train, valid = utils.data.random_split(utils.data.TensorDataset(x), [1437, 360])
trainer = L.Trainer(max_epochs=12, accelerator="cpu", enable_checkpointing=False)
trainer.fit(LitAutoEncoder(), utils.data.DataLoader(train, 32, shuffle=True), utils.data.DataLoader(valid, 64))
