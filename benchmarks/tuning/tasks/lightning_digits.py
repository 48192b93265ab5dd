"""Digits by convolutions with dropout, Adam in a Trainer of Lightning, twenty epochs."""

from typing import Any

import basics
import data
import lightning
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

RATE, STEPS, BATCH = 1e-3, 800, 32


class Digits(lightning.LightningModule):
    """The network with how it is trained."""

    def __init__(self, args: Any = None) -> None:
        super().__init__()
        self.args = args
        layers = (nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU())
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Scores of each digit."""
        return self.net(images.reshape(-1, 1, 8, 8))

    def training_step(self, batch: list[Tensor]) -> Tensor:
        """The loss of a batch."""
        return cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch: list[Tensor]) -> None:
        """Log the loss on what validates."""
        self.log("val_loss", cross_entropy(self(batch[0]), batch[1]), prog_bar=True)

    def configure_optimizers(self) -> Any:
        """Adam, and the schedule."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self.args.rate)
        schedule = basics.scheduler(optimizer, self.args.schedule, self.args.steps, warm_up=self.args.warm_up)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def build() -> nn.Module:
    """The model, untrained."""
    return Digits()


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    _, _, images, labels = data.digits()
    model.eval()
    loss = cross_entropy(model(images), labels).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate after every epoch."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    lightning.seed_everything(args.seed, verbose=False)
    images, labels, held, named = data.digits()
    loader = DataLoader(TensorDataset(images, labels), BATCH, shuffle=True, drop_last=True)
    model = build()
    model.args = args
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_steps=args.steps, accelerator="cpu", devices=1, **quiet)
    trainer.fit(model, loader, DataLoader(TensorDataset(held, named), len(held)))
    print(f"end  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
