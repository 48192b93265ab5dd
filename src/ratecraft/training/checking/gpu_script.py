"""The script of the checks in `gpu`: its arguments are a device and what the check is about; it prints what it sees."""

SCRIPT = """
import os, sys
import torch
import torch.distributed as dist
from torch import nn

kind, about = sys.argv[1:]
ranks, rank = (2, int(os.environ["RANK"])) if about == "ranks" else (1, 0)
device, beside, seen = torch.device("cpu"), 0, [os.environ.get("CUDA_VISIBLE_DEVICES", "none")]
if kind == "cuda":
    device = torch.device(kind, rank)
    torch.cuda.set_device(device)
    seen += [str(torch.cuda.device_count()), str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))]
held = torch.zeros(64 << 20, dtype=torch.uint8, device=device)
if kind == "cuda":
    free, total = torch.cuda.mem_get_info()
    beside = total - free - torch.cuda.memory_reserved()  # CUDA's context, and what other programs hold
print("sees", held.nbytes, beside, *seen, flush=True)

torch.manual_seed(0)
inputs = torch.randn(1024, 64).to(device)
targets = inputs[:, :8].argmax(1)
model = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, 8)).to(device)
if ranks > 1:
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    print("backend", dist.get_backend())
trained = nn.parallel.DistributedDataParallel(model) if ranks > 1 else model
dial = nn.Parameter(torch.zeros((), device=device))  # its gradient is always 1: Adam moves it by the rate itself
rate = torch.tensor(0.125, device=device) if about == "tensor-rates" else 0.125
optimizer = torch.optim.Adam([*model.parameters(), dial], lr=rate, capturable=kind == "cuda")
scaler, skipped = torch.amp.GradScaler(kind, init_scale=1024.0, enabled=about == "scaler"), 0
for step in range(160):
    first, before = (ranks * step + rank) % 14 * 64, dial.item()
    with torch.autocast(kind, torch.float16 if kind == "cuda" else torch.bfloat16, enabled=about == "scaler"):
        loss = nn.functional.cross_entropy(trained(inputs[first : first + 64]), targets[first : first + 64])
    optimizer.zero_grad()
    scaler.scale(loss + dial - dial.detach()).backward()
    if about == "scaler" and step == 3:
        dial.grad.fill_(float("inf"))
    scaler.step(optimizer)
    scale = scaler.get_scale()
    scaler.update()
    skipped += scaler.get_scale() < scale
    print("moved", before - dial.item(), optimizer.param_groups[0]["lr"] is rate and float(rate) == 0.125)
    if step % 20 == 19:
        print("updates", int(optimizer.state[dial]["step"]), skipped, flush=True)
        if rank == 0:
            model.eval()
            with torch.no_grad():
                print("val_loss", nn.functional.cross_entropy(model(inputs[896:]), targets[896:]).item(), flush=True)
            model.train()
        if ranks > 1:
            dist.barrier()
"""
