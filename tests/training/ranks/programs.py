"""Scripts of several processes as their users write them. Each tells `val_loss`, or as the Trainer does `eval_loss`."""

__all__ = ["HANGS", "PROGRAMS"]

_DATA = """
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(640, 16)
targets = (inputs @ torch.randn(16, 4)).argmax(1)
train, held = TensorDataset(inputs[:512], targets[:512]), TensorDataset(inputs[512:], targets[512:])
"""
_NET = "torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))"

_ALL_EVALUATE = f"""{_DATA}
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("gloo")
sampler = DistributedSampler(train)
loader = DataLoader(train, batch_size=8, sampler=sampler)
held_loader = DataLoader(held, batch_size=32, sampler=DistributedSampler(held, shuffle=False))
model = DDP({_NET})
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(8):
    sampler.set_epoch(epoch)
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    total = torch.zeros(2)
    with torch.no_grad():
        for x, y in held_loader:
            total += torch.tensor([F.cross_entropy(model(x), y, reduction="sum").item(), len(x)])
    dist.all_reduce(total)
    if dist.get_rank() == 0:
        print(f"epoch {{epoch}} val_loss {{total[0] / total[1]:.5f}}")
dist.destroy_process_group()
"""

_NO_SYNC = f"""{_DATA}
import contextlib
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("gloo")
rank = dist.get_rank()
model = DDP(torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.BatchNorm1d(32), torch.nn.Linear(32, 4)))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
draws = torch.Generator().manual_seed(rank)
for step in range(1, 401):
    for micro in range(2):
        rows = torch.randint(512, (8 + rank * micro,), generator=draws)
        with model.no_sync() if micro == 0 else contextlib.nullcontext():
            (F.cross_entropy(model(inputs[rows]), targets[rows]) / 2).backward()
    optimizer.step()
    optimizer.zero_grad()
    if step % 20 == 0:
        if rank == 0:
            model.eval()
            with torch.no_grad():
                loss = F.cross_entropy(model.module(inputs[512:]), targets[512:])
            print(f"step {{step}} val_loss {{loss.item():.5f}}")
            model.train()
        dist.barrier()
dist.destroy_process_group()
"""

_FSDP = f"""{_DATA}
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard

dist.init_process_group("gloo")
mesh = dist.init_device_mesh("cpu", (dist.get_world_size(),))
sampler = DistributedSampler(train)
loader = DataLoader(train, batch_size=8, sampler=sampler)
model = {_NET}
for part in (model[0], model[2], model):
    fully_shard(part, mesh=mesh)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(8):
    sampler.set_epoch(epoch)
    model.train()
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        loss = F.cross_entropy(model(inputs[512:]), targets[512:])
    dist.all_reduce(loss)
    if dist.get_rank() == 0:
        print(f"epoch {{epoch}} val_loss {{loss.item() / dist.get_world_size():.5f}}")
dist.destroy_process_group()
"""

_ACCELERATE = f"""{_DATA}
from accelerate import Accelerator

accelerator = Accelerator(gradient_accumulation_steps=2, cpu=True)
loader, held_loader = DataLoader(train, batch_size=8, shuffle=True), DataLoader(held, batch_size=32)
model = {_NET}
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
model, optimizer, loader, held_loader = accelerator.prepare(model, optimizer, loader, held_loader)
for epoch in range(8):
    model.train()
    for x, y in loader:
        with accelerator.accumulate(model):
            accelerator.backward(F.cross_entropy(model(x), y))
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    losses = []
    for x, y in held_loader:
        with torch.no_grad():
            losses.append(accelerator.gather_for_metrics(F.cross_entropy(model(x), y, reduction="none")))
    accelerator.print(f"epoch {{epoch}} val_loss {{torch.cat(losses).mean().item():.5f}}")
"""

_TRAINER = f"""{_DATA}
from transformers import Trainer, TrainingArguments


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = {_NET}

    def forward(self, x, labels=None):
        logits = self.body(x)
        return {{"loss": F.cross_entropy(logits, labels), "logits": logits}}


def batch(rows):
    x, y = zip(*rows)
    return {{"x": torch.stack(x), "labels": torch.stack(y)}}


arguments = TrainingArguments("out", num_train_epochs=8, per_device_train_batch_size=8, eval_strategy="epoch",
    save_strategy="no", report_to=[], use_cpu=True, learning_rate=1e-3, disable_tqdm=True, ddp_backend="gloo")
Trainer(Net(), arguments, data_collator=batch, train_dataset=train, eval_dataset=held).train()
"""

_LIGHTNING = f"""{_DATA}
import lightning


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = {_NET}

    def training_step(self, batch, _):
        return F.cross_entropy(self.body(batch[0]), batch[1])

    def validation_step(self, batch, _):
        self.log("val_loss", F.cross_entropy(self.body(batch[0]), batch[1]), sync_dist=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


trainer = lightning.Trainer(max_epochs=8, accelerator="cpu", devices=2, strategy="ddp", logger=False,
    enable_checkpointing=False, enable_progress_bar=False)
trainer.fit(Net(), DataLoader(train, 8, shuffle=True), DataLoader(held, 32))
"""


def _starting_itself(starts: str) -> str:
    return f"""{_DATA}
import os
import torch.multiprocessing as mp
from torch.distributed import destroy_process_group, init_process_group
from torch.nn.parallel import DistributedDataParallel as DDP


class Results:
    def put(self, rank):
        print("rank", rank, "is done")


def work(rank, world, results):
    os.environ.update(MASTER_ADDR="localhost", MASTER_PORT="12355")
    init_process_group("gloo", rank=rank, world_size=world)
    sampler = DistributedSampler(train)
    loader = DataLoader(train, batch_size=8, sampler=sampler)
    model = DDP({_NET})
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(8):
        sampler.set_epoch(epoch)
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = F.cross_entropy(model(inputs[512:]), targets[512:])
        if rank == 0:
            print(f"epoch {{epoch}} val_loss {{loss.item():.5f}}")
    results.put(rank)
    destroy_process_group()


if __name__ == "__main__":
    os.mkdir("out")  # a second process that ran this too would fail
{starts}
"""


_SPAWNS = _starting_itself("""
    results = mp.get_context("spawn").SimpleQueue()
    mp.spawn(work, (2, results), nprocs=2)
    print(sorted(results.get() for _ in range(2)))
""")

_STARTS = _starting_itself("""
    helper = mp.Process(target=print, args=("helps",))
    helper.start()
    ranks = [mp.Process(target=work, args=(rank, 2, Results())) for rank in range(2)]
    for each in ranks:
        each.start()
    for each in (helper, *ranks):
        each.join()
    assert [each.exitcode for each in ranks] == [0, 0]
""")

PROGRAMS = {
    "spawn": _SPAWNS,
    "Process, one by one": _STARTS,
    "all ranks evaluate": _ALL_EVALUATE,
    "no_sync, by steps": _NO_SYNC,
    "FSDP2": _FSDP,
    "accelerate": _ACCELERATE,
    "Trainer": _TRAINER,
    "Lightning": _LIGHTNING,
}

HANGS = """
import datetime, signal
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=5))
model = DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(400):
    if step == 5 and dist.get_rank() == 1:
        print("reading shard 7", flush=True)
        signal.pause()
    model(torch.ones(8, 4)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
"""
"""The second rank comes to no further step, and does not end."""
