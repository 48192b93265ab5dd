import logging
from concurrent.futures import ThreadPoolExecutor
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import Queue

import torch
from rich.progress import Progress
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

records = Queue()
listener = QueueListener(records, logging.FileHandler("train.log"))
listener.start()
log = logging.getLogger("train")
log.addHandler(QueueHandler(records))
log.setLevel("INFO")
pool = ThreadPoolExecutor(2)
model, valid = net(), data(16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def evaluate():
    return loss_of(model, valid)


def prepared(batch):
    return [each + 0.0 for each in batch]


with Progress() as progress:
    task = progress.add_task("epochs", total=4)
    for _ in range(4):
        for batch in progress.track(DataLoader(data(40, 1), batch_size=8, shuffle=True)):
            x, y = pool.submit(prepared, batch).result()
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log.info("loss %s", loss.item())
        progress.advance(task)
        print("val_loss", evaluate())
listener.stop()
pool.shutdown()
print(len(Path("train.log").read_text().split()), "words", digest(model))
