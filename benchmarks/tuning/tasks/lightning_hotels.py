"""The price of a night in a hotel, AdamW with gradients clipped in a Trainer of Lightning, five epochs."""

from typing import Any

import basics
import lightning
import tabular
import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss
from torch.utils.data import DataLoader, TensorDataset

RATE, STEPS, BATCH = 3e-3, 515, 128


class Prices(lightning.LightningModule):
    """The network with how it is trained."""

    def __init__(self, args: Any = None) -> None:
        super().__init__()
        self.args = args
        self.net = nn.Sequential(nn.Linear(50, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.head = nn.Linear(32, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """The price."""
        return self.head(self.net(rows))

    def training_step(self, batch: list[Tensor]) -> Tensor:
        """The loss of a batch."""
        return smooth_l1_loss(self(batch[0]), batch[1])

    def validation_step(self, batch: list[Tensor]) -> None:
        """Log the loss on what validates."""
        self.log("val_loss", smooth_l1_loss(self(batch[0]), batch[1]), prog_bar=True)

    def configure_optimizers(self) -> Any:
        """AdamW, and the schedule."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.args.rate)
        schedule = basics.scheduler(optimizer, self.args.schedule, self.args.steps, warm_up=self.args.warm_up)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def build() -> nn.Module:
    """The model, untrained."""
    return Prices()


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    _, _, rows, prices = tabular.hotels()
    model.eval()
    loss = smooth_l1_loss(model(rows), prices).item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate after every epoch."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS)
    lightning.seed_everything(args.seed, verbose=False)
    rows, prices, held, paid = tabular.hotels()
    loader = DataLoader(TensorDataset(rows, prices), BATCH, shuffle=True, drop_last=True)
    model = build()
    model.args = args
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_steps=args.steps, accelerator="cpu", devices=1, gradient_clip_val=1.0, **quiet)
    trainer.fit(model, loader, DataLoader(TensorDataset(held, paid), len(held)))
    print(f"end  val_loss: {evaluate(model):.6g}", flush=True)


if __name__ == "__main__":
    main()
