import logging
import random

import numpy as np
import torch
from torch import nn
from toy import data, digest, loss_of, net

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("train")
model, train, valid = net(), data(40, 1), data(16, 2)
noise = np.random.default_rng(5)
optimizer = torch.optim.Adam(model.parameters(), lr=torch.tensor(0.02))
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)


def evaluate():
    return loss_of(model, valid)


def fit():
    best, bad = float("inf"), 0
    for epoch in range(8):
        order = list(range(40))
        random.shuffle(order)
        for start in range(0, 40, 8):
            x, y = train[order[start : start + 8]]
            x = x + float(noise.normal()) * 0.1 + 0.1 * float(np.random.rand())
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        loss = evaluate()
        scheduler.step(loss)
        log.info("epoch %d val_loss %r lr %r", epoch, loss, optimizer.param_groups[0]["lr"].item())
        bad = 0 if loss < best else bad + 1
        best = min(best, loss)
        if bad >= 3:
            log.info("stopping early")
            break


try:
    fit()
except Exception:
    log.exception("training failed")
finally:
    print(digest(model))
