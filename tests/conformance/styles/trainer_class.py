from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset
from toy import data, digest, loss_of, net


@dataclass
class Config:
    epochs: int = 4
    rate: float = 0.02
    batch: int = 8


class Stream(IterableDataset):
    def __iter__(self):
        return iter(data(40, 1))


class Trainer:
    def __init__(self, config):
        self.config, self.model, self.valid = config, net(), data(16, 2)
        self.optimizer = torch.optim.NAdam(self.model.parameters(), lr=config.rate)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 2, 0.5)

    def fit(self):
        for epoch in range(self.config.epochs):
            self.run_epoch()
            self.scheduler.step()
            print({"epoch": epoch, "eval_loss": str(loss_of(self.model, self.valid))})

    def run_epoch(self):
        for x, y in DataLoader(Stream(), batch_size=self.config.batch):
            loss = nn.functional.mse_loss(self.model(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()


trainer = Trainer(Config())


def evaluate():
    return loss_of(trainer.model, trainer.valid)


trainer.fit()
print(digest(trainer.model))
