"""A small network for handwritten digits, as people write it: epochs, a log that grows, a checkpoint to go on from."""

import argparse
import os
import resource
import socket
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def wait_at(place):
    """Wait where a test holds the script at this place, until it is let go."""
    held, _, port = os.environ.get("HELD", "").partition(":")
    if held == place:
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=600) as door:
            door.recv(1)


parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--images", type=int, default=1376)
parser.add_argument("--lr", type=float, default=0.05)
options = parser.parse_args()
if "FILE_LIMIT" in os.environ:  # bytes; as if the disk were full
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["FILE_LIMIT"]), resource.RLIM_INFINITY))

wait_at("start")
torch.manual_seed(0)
digits = torch.from_numpy(np.load("digits.npy"))
images, labels = digits[:, :-1].float() / 16, digits[:, -1].long()
loader = DataLoader(TensorDataset(images[: options.images], labels[: options.images]), batch_size=32, shuffle=True)
held_out = images[1376:], labels[1376:]

model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=options.lr, momentum=0.9)

begin = step = 0
if Path("checkpoint.pt").exists():
    checkpoint = torch.load("checkpoint.pt", weights_only=True)
    begin = checkpoint["epoch"] + 1
    model.load_state_dict(checkpoint["model"])

try:
    for epoch in range(begin, options.epochs):
        for batch, answers in loader:
            loss = cross_entropy(model(batch), answers)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            wait_at(f"step {(step := step + 1)}")
            if model[0].weight.abs().max() > 3:
                raise RuntimeError("the weights are out of hand")
        with torch.no_grad():
            outputs = model(held_out[0])
            val_loss = cross_entropy(outputs, held_out[1]).item()
            val_acc = (outputs.argmax(1) == held_out[1]).float().mean().item()
        print(f"epoch {epoch}: val_loss {val_loss:.6f} val_acc {val_acc:.4f}", flush=True)
        wait_at(f"epoch {epoch}")
        with Path("log.csv").open("a") as log:
            log.write(f"{epoch},{val_loss:.6f}\n")
        torch.save({"epoch": epoch, "model": model.state_dict()}, "checkpoint.pt")
finally:
    time.sleep(float(os.environ.get("SLOW_END", "0")))
