"""Trains for eight epochs and after each writes in every way that training scripts write; `HERE` is its own folder."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

held, _, port = os.environ.get("HELD", "").partition(":")
torch.manual_seed(0)
digits = torch.from_numpy(np.load("digits.npy"))
images, labels = digits[:, :-1].float() / 16, digits[:, -1].long()
model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
best = float("inf")
writer = None
if "--tensorboard" in sys.argv:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter("runs/digits")

for epoch in range(8):
    for first in range(0, 1344, 32):
        batch = slice(first, first + 32)
        loss = cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val_loss = cross_entropy(model(images[1344:]), labels[1344:]).item()

    if held == "before it writes":
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=600) as door:
            door.recv(1)
    torch.save(model.state_dict(), "last.tmp")
    os.replace("last.tmp", "last.pt")  # noqa: PTH105 - as people write it
    if val_loss < best:
        best = val_loss
        torch.save(model.state_dict(), "best.pt")
    with open("log.csv", "a") as log:  # noqa: PTH123
        log.write(f"{epoch},{val_loss:.6f}\n")
    os.makedirs(f"epochs/{epoch}/plots", exist_ok=True)  # noqa: PTH103
    np.save(f"epochs/{epoch}/plots/weights.npy", model[0].weight.detach().numpy())
    table = np.memmap("table.dat", dtype=np.float32, mode="r+", shape=(8,))
    table[epoch] = val_loss
    table.flush()
    with sqlite3.connect("runs.db") as database:
        database.execute("INSERT INTO epoch VALUES (?, ?)", (epoch, val_loss))
    database.close()
    shutil.rmtree("old", ignore_errors=True)
    Path("state.json").write_text(f'{{"epoch": {epoch}}}')
    if Path("notes.txt").exists():
        Path("notes.txt").rename("notes.old.txt")
    Path("settings.ini").chmod(0o600)
    program = "echo >> program.log; mkdir -p made; echo > made/file; rm -f kept.bin; mv data/part.bin data/moved.bin"
    subprocess.run(["sh", "-c", program], stderr=subprocess.DEVNULL, check=False)  # noqa: S607
    if "--absolute" in sys.argv:
        try:
            with open("HERE/absolute.txt", "a") as file:  # noqa: PTH123
                file.write("epoch\n")
            os.remove("HERE/data/whole.bin")  # noqa: PTH107
        except OSError as error:
            print("not written:", error, file=sys.stderr)
    if writer is not None:
        writer.add_scalar("val_loss", val_loss, epoch)
        writer.flush()
    print(f"epoch {epoch}: val_loss {val_loss:.6f}", flush=True)
