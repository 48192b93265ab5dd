"""The scripts for the checks in `gpu`; each takes a device as its argument and prints `val_loss`."""

_HEAD = """
import os, sys
import torch
from torch import nn

device = sys.argv[1]
torch.manual_seed(0)
inputs = torch.randn(1024, 64).to(device)
targets = inputs[:, :8].argmax(1)

model = nn.Sequential(nn.Linear(64, 128), nn.LayerNorm(128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, 8)).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

def loss_of(first):
    return nn.functional.cross_entropy(model(inputs[first : first + 128]), targets[first : first + 128])

def tell():
    model.eval()
    with torch.no_grad():
        print(f"val_loss {loss_of(896).item():.6f}", flush=True)
    model.train()
"""

_TRAIN = """
for step in range(160):
    loss = loss_of(step % 7 * 128)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        tell()
"""

REPLAY = _HEAD + _TRAIN

SCALER = f"""{_HEAD}
scaler = torch.amp.GradScaler(device, init_scale=1024.0)
dtype = torch.float16 if device == "cuda" else torch.bfloat16
skipped = 0
for step in range(160):
    with torch.autocast(device, dtype):
        loss = loss_of(step % 7 * 128)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    if step == 3:
        model[0].weight.grad[0] = float("inf")
    scaler.step(optimizer)
    before = scaler.get_scale()
    scaler.update()
    skipped += scaler.get_scale() < before
    if step % 20 == 19:
        print("updates", int(optimizer.state[model[0].weight]["step"]), skipped, flush=True)
        tell()
"""

TENSOR_RATES = """
import sys
import torch

device = sys.argv[1]
rate, ones = torch.tensor(0.125, device=device), torch.ones(1, 8, device=device)
model = torch.nn.Linear(8, 1, bias=False).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=rate, capturable=device == "cuda")
for step in range(160):
    before = model.weight.detach().clone()
    optimizer.zero_grad()
    model(ones).sum().backward()  # all gradients are 1, so that Adam moves by the rate itself
    optimizer.step()
    put_back = optimizer.param_groups[0]["lr"] is rate and rate.item() == 0.125
    print("moved", (before - model.weight.detach()).mean().item(), put_back, flush=True)
    if step % 20 == 19:
        model.eval()
        with torch.no_grad():
            print(f"val_loss {model(ones).sum().item():.6f}", flush=True)
        model.train()
"""

USES_MEMORY = f"""{_HEAD}
asked = 64 << 20
held = torch.zeros(asked, dtype=torch.uint8, device=device)
beside = 0
if device == "cuda":
    free, total = torch.cuda.mem_get_info()
    beside = total - free - torch.cuda.memory_reserved()  # CUDA's context, and what other programs hold
print("memory", asked, beside, flush=True)
{_TRAIN}"""

PLACEMENT = f"""{_HEAD}
sees = [os.environ.get("CUDA_VISIBLE_DEVICES", "none")]
if device == "cuda":
    sees += [str(torch.cuda.device_count()), str(getattr(torch.cuda.get_device_properties(0), "uuid", ""))]
print("sees", *sees, flush=True)
{_TRAIN}"""

RANKS = """
import os, sys
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

rank, backend = int(os.environ["RANK"]), "nccl" if sys.argv[1] == "cuda" else "gloo"
device = torch.device(sys.argv[1], rank) if backend == "nccl" else torch.device("cpu")
if backend == "nccl":
    torch.cuda.set_device(device)
dist.init_process_group(backend)
print("backend", backend, flush=True)
torch.manual_seed(0)
inputs = torch.randn(1024, 64).to(device)
targets = inputs[:, :8].argmax(1)
network = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.GELU(), nn.Linear(128, 8)).to(device)
model = DistributedDataParallel(network)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(160):
    first = (2 * step + rank) % 14 * 64
    loss = nn.functional.cross_entropy(model(inputs[first : first + 64]), targets[first : first + 64])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        if rank == 0:
            model.eval()
            with torch.no_grad():
                loss = nn.functional.cross_entropy(model.module(inputs[896:]), targets[896:])
            print(f"val_loss {loss.item():.6f}", flush=True)
            model.train()
        dist.barrier()
dist.destroy_process_group()
"""
