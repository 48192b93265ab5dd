"""The network of `digits.py` in several processes, as people write it for torchrun."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def wait_at(place):
    """Wait where a test holds the script at this place, until it is let go."""
    held, _, port = os.environ.get("HELD", "").partition(":")
    if held == place:
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=600) as door:
            door.recv(1)


epochs, batch_size = (int(word) for word in (*sys.argv[1:], 4, 16)[:2])
dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
digits = torch.from_numpy(np.load("digits.npy"))
images, labels = digits[:, :-1].float() / 16, digits[:, -1].long()
sampler = DistributedSampler(TensorDataset(images[:768], labels[:768]))
loader = DataLoader(sampler.dataset, batch_size=batch_size, sampler=sampler)
model = DistributedDataParallel(nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
step = 0
for epoch in range(epochs):
    sampler.set_epoch(epoch)
    for batch, answers in loader:
        loss = cross_entropy(model(batch), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        wait_at(f"step {(step := step + 1)}")
        if "TELLS_LOSSES" in os.environ:
            print(f"rank {rank} step {step} saw {loss.item()!r}", flush=True)
    if rank == 0:
        with torch.no_grad():
            val_loss = cross_entropy(model.module(images[1376:]), labels[1376:]).item()
        print(f"epoch {epoch}: val_loss {val_loss:.6f}", flush=True)
        with Path("log.csv").open("a") as log:
            log.write(f"{epoch},{val_loss:.6f}\n")
        torch.save(model.module.state_dict(), "checkpoint.pt")
    dist.barrier()
dist.destroy_process_group()
