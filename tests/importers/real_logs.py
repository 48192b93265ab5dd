"""Trains for seconds with real tools, which leave their logs: `real_logs.py FOLDER TOOL...`, a folder in it each.

Each tool has a process of its own.
"""

import contextlib
import json
import os
import sys
import warnings
from collections import OrderedDict
from pathlib import Path

warnings.simplefilter("ignore")  # the tools' own
os.environ["KERAS_BACKEND"] = "torch"
os.environ["TQDM_MININTERVAL"] = "0"


def keras(folder: Path) -> None:
    import keras
    import numpy as np

    inputs = np.random.default_rng(0).normal(size=(640, 8)).astype("float32")
    labels = (inputs.sum(1) > 0).astype("int32")
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    settings = {"epochs": 3, "batch_size": 32, "validation_split": 0.2}
    logger = keras.callbacks.CSVLogger(str(folder / "epochs.csv"))
    with (folder / "bars.log").open("w") as file, contextlib.redirect_stdout(file):
        history = model.fit(inputs, labels, callbacks=[logger], **settings)
    with (folder / "plain.log").open("w") as file, contextlib.redirect_stdout(file):
        model.fit(inputs, labels, verbose=2, **settings)
    (folder / "history.json").write_text(json.dumps(history.history))


def tensorboard(folder: Path) -> None:
    import numpy as np
    from torch.utils.tensorboard import SummaryWriter

    for first, last in ((0, 60), (50, 100)):  # the second goes on from a snapshot at step 50
        writer = SummaryWriter(str(folder))
        for step in range(first, last):
            writer.add_scalar("Loss/train", 2 / (step + 1), step)
            writer.add_scalar("lr", 0.1, step)
            writer.add_scalar("new style", step, step, new_style=True)
        writer.add_histogram("weights", np.array([0.0, 1.0]), last)
        writer.add_text("note", "loss 3", last)
        writer.close()


def lightning(folder: Path) -> None:
    import lightning
    import torch
    from lightning.pytorch.callbacks import LearningRateMonitor
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
    from torch.utils.data import DataLoader, TensorDataset

    class Model(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(8, 2)

        def loss_of(self, batch):
            return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

        def training_step(self, batch, place):
            loss = self.loss_of(batch)
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch, place):
            self.log("val_loss", self.loss_of(batch))

        def configure_optimizers(self):
            layer = self.layer
            groups = [{"params": [layer.weight]}, {"params": [layer.bias], "lr": 0.001}]
            optimizer = torch.optim.Adam(groups, 0.01)
            schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    torch.manual_seed(0)
    inputs = torch.randn(320, 8)
    loader = DataLoader(TensorDataset(inputs, (inputs.sum(1) > 0).long()), batch_size=32)
    loggers = [CSVLogger(str(folder), name="csv"), TensorBoardLogger(str(folder), name="events")]
    trainer = lightning.Trainer(
        max_epochs=3,
        logger=loggers,
        log_every_n_steps=1,
        callbacks=[LearningRateMonitor("step")],
        accelerator="cpu",
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Model(), loader, loader)


def transformers(folder: Path) -> None:
    import torch
    from transformers import Trainer, TrainingArguments

    class Data(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 64

        def __getitem__(self, place: int) -> dict:
            return {"x": torch.ones(8) * (place % 2), "labels": torch.tensor(place % 2)}

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(8, 2)

        def forward(self, x, labels=None):
            logits = self.layer(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    settings = TrainingArguments(
        str(folder),
        num_train_epochs=3,
        per_device_train_batch_size=8,
        logging_steps=1,
        eval_strategy="epoch",
        save_strategy="epoch",
        report_to=[],
        use_cpu=True,
    )
    trainer = Trainer(Model(), settings, train_dataset=Data(), eval_dataset=Data())
    with (folder / "screen.log").open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        trainer.train()


def fastai(folder: Path) -> None:
    import torch
    from fastai.basics import DataLoaders, Learner, accuracy
    from fastai.callback.progress import CSVLogger

    inputs = torch.randn(320, 8)
    pairs = list(zip(inputs, (inputs.sum(1) > 0).long(), strict=True))
    loaders = DataLoaders.from_dsets(pairs, pairs, bs=32)
    logger = CSVLogger(fname="epochs.csv")
    learner = Learner(
        loaders,
        torch.nn.Linear(8, 2),
        loss_func=torch.nn.CrossEntropyLoss(),
        metrics=accuracy,
        path=folder,
        cbs=logger,
    )
    with (folder / "screen.log").open("w") as file, contextlib.redirect_stdout(file):
        learner.fit(3)


def timm(folder: Path) -> None:
    from timm.utils import update_summary

    for epoch in range(4):
        training, evaluation = OrderedDict(loss=2 / (epoch + 1)), OrderedDict(loss=2.1, top1=10.0 * epoch, top5=50.0)
        update_summary(epoch, training, evaluation, str(folder / "summary.csv"), lr=0.1, write_header=epoch == 0)


def wandb(folder: Path) -> None:
    os.environ |= {f"WANDB_{place}_DIR": str(folder / "own") for place in ("CACHE", "CONFIG", "DATA")}
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    import wandb

    settings = wandb.Settings(console="off", disable_git=True, silent=True, x_disable_meta=True, x_disable_stats=True)
    config = {"batch_size": 32, "optimizer": "adamw", "model": {"weight_decay": 0.1}}
    for name in ("counted", "named"):
        with wandb.init(mode="offline", dir=folder, project=name, config=config, settings=settings) as run:
            for step in range(600):
                figures = {"train/loss": float("nan") if step == 7 else 2 / (step + 1), "optimizer": {"lr": 0.1}}
                run.log(figures | ({"iter": 10 * step} if name == "named" else {}))
                if step % 100 == 99:
                    run.log({"val/loss": 0.5})
        (Path(run.dir).parent / f"run-{run.id}.wandb").rename(folder / f"{name}.wandb")


TOOLS = {each.__name__: each for each in (keras, tensorboard, lightning, transformers, fastai, timm, wandb)}

if __name__ == "__main__":
    for tool in sys.argv[2:]:
        folder = Path(sys.argv[1]) / tool
        folder.mkdir()
        if child := os.fork():
            if os.waitpid(child, 0)[1]:
                sys.exit(f"{tool} failed")
        else:
            TOOLS[tool](folder)
            sys.exit()
