"""Runs scripts of several processes under the host, each out of the nursery."""

from pathlib import Path
from typing import Any

from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import environment, forked

from ratecraft.api.programs.launchers import torchrun_variables
from ratecraft.records.program import Entry
from ratecraft.training.processes.wire import Start
from ratecraft.training.ranks.group_run import GroupRun
from ratecraft.training.ranks.starting import group_run

HEAD = """
import os, sys, time
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
torch.manual_seed(0)
inputs = torch.randn(256, 4)
targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(256, 1)
sampler = DistributedSampler(TensorDataset(inputs[:192], targets[:192]), shuffle=True)
loader = DataLoader(sampler.dataset, batch_size=6, sampler=sampler)
"""

SCRIPT = f"""{HEAD}
model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 1)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.5)
for epoch in range(5):
    sampler.set_epoch(epoch)
    model.train()
    for step, (x, y) in enumerate(loader):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if len(sys.argv) > 1:
            print(f"rank {{rank}} saw {{loss.item()!r}}", flush=True)
    model.eval()
    if rank == 0:
        with torch.no_grad():
            loss = nn.functional.mse_loss(model.module(inputs[192:]), targets[192:]).item()
            print(f"epoch {{epoch}} val_loss {{loss}}")
    dist.barrier()
dist.destroy_process_group()
"""
"""Evaluates on the first rank while the others wait at a barrier."""


def grouped(script: Path, heard: Heard, *arguments: str, processes: int = 2, **how: Any) -> GroupRun:
    """A run of a script in its own folder."""
    folder = script.parent
    entry = Entry(processes=processes, variables=torchrun_variables(processes))
    start = Start(
        script.name,
        arguments,
        str(folder),
        first_writes=str(folder / ".study" / "first-writes"),
        model=str(folder / ".study" / "models" / "job"),
        entry=entry,
        **how,
    )
    logs = folder / ".study" / "logs"
    log = logs / f"{len(list(logs.glob('???'))):03}"
    given = environment(**entry.variables)
    return group_run(start, given, log, heard, start_timeout=600.0, launch=forked)


def printed(script: Path, rank: int) -> list[str]:
    """What a rank of the last run in the script's folder printed."""
    logs = script.parent / ".study" / "logs"
    last = max(logs.glob("???"))
    return (last if rank == 0 else last.with_name(f"{last.name}.rank{rank}")).read_text().splitlines()
