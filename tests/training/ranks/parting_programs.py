"""Trainings in two processes that part, each beside the one that is right, and what looks like it and is right."""

__all__ = ["PARTED", "RIGHT"]

_HEAD = """
import itertools, os, sys
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset, TensorDataset

dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
torch.manual_seed(0)
inputs = torch.randn(256, 8)
targets = (inputs @ torch.randn(8, 3)).argmax(1)
data = TensorDataset(inputs, targets)
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=8, sampler=sampler)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Sequential(nn.Linear(8, 16), nn.ReLU()), nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.body(x))
"""

_DDP = "model = DDP(Net())"
_LOOP = """
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    sampler.set_epoch(epoch)
    for x, y in loader:
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
dist.destroy_process_group()
"""
_AVERAGE = """        for each in model.parameters():
            dist.all_reduce(each.grad.data)
            each.grad.data /= world
        optimizer.step()"""
_FLAT = """        flat = torch.cat([each.grad.reshape(-1) for each in model.parameters()])
        dist.all_reduce(flat)
        for each, part in zip(model.parameters(), flat.split([each.numel() for each in model.parameters()])):
            each.grad = part.view_as(each) / world
        optimizer.step()"""
_STEP = "        optimizer.step()"
_BY_HAND = _LOOP.replace(_STEP, _AVERAGE)
_JOINED = _LOOP.replace(_STEP, _FLAT)
_OWN_SEED = "torch.manual_seed(rank)\nmodel = Net()"
_BROADCAST = f"{_OWN_SEED}\nfor each in model.parameters():\n    dist.broadcast(each.data, 0)"
_PART = "model = Net()\nmodel.body = DDP(model.body)"

_SHUFFLED = "loader = DataLoader(data, batch_size=8, shuffle=True)\n"
_STREAM = """
class Stream(IterableDataset):
    def __iter__(self):
        return itertools.islice(zip(inputs, targets), {begin}, None, {by})


loader = DataLoader(Stream(), batch_size=8)
"""
_LOADED = "    sampler.set_epoch(epoch)\n"
_UNUSED = """
class Net(Net):
    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(16, 3)
"""
_OWN_ORDER = """
class Ordered(TensorDataset):
    def __getitem__(self, at):
        return super().__getitem__((at * 5 + 37 * epoch) % 256)


data = Ordered(inputs, targets)
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=8, sampler=sampler)
"""
_BATCHES = """
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
draws = torch.Generator().manual_seed({seed})
for step in range(40):
    rows = torch.randint(256, (8,), generator=draws)
    optimizer.zero_grad()
    cross_entropy(model(inputs[rows]), targets[rows]).backward()
    optimizer.step()
dist.destroy_process_group()
"""
_FSDP = """
from torch.distributed.fsdp import fully_shard

mesh = dist.init_device_mesh("cpu", (world,))
model = Net()
for part in (model.body, model.head, model):
    fully_shard(part, mesh=mesh)
"""
_PIPELINE = """
torch.manual_seed(rank)
layer = nn.Linear(8, 8)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
for step in range(70):
    optimizer.zero_grad()
    if rank == 0:
        sent = layer(inputs[:8])
        dist.send(sent.detach(), 1)
        back = torch.empty(8, 8)
        dist.recv(back, 1)
        sent.backward(back)
    else:
        given = torch.empty(8, 8)
        dist.recv(given, 0)
        given.requires_grad_()
        layer(given).square().mean().backward()
        dist.send(given.grad, 0)
    optimizer.step()
dist.destroy_process_group()
"""
_EXPERTS = """
torch.manual_seed(rank)
model = nn.Module()
model.own = nn.Linear(8, 8)
torch.manual_seed(0)
model.shared = DDP(nn.Linear(8, 3))


class Swapped(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        out = torch.empty_like(x)
        dist.all_to_all_single(out, x.contiguous())
        return out

    @staticmethod
    def backward(context, gradient):
        return Swapped.apply(gradient)


model.forward = lambda x: model.shared(Swapped.apply(model.own(Swapped.apply(x))))
"""
_AVERAGED_WEIGHTS = _LOOP.replace(
    "dist.destroy",
    "    for each in model.parameters():\n        dist.all_reduce(each.data)\n        each.data /= world\ndist.destroy",
)
_ONE_STEPS = _LOOP.replace(_STEP, "        if rank == 0:\n            optimizer.step()")
_MANY = _LOOP.replace("range(4)", "range(5)")
_MAKES = "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)"
_WRAPS_LATER = f"""
model = Net()
{_MAKES}
for x, y in loader:
    optimizer.zero_grad()
    cross_entropy(model(x), y).backward()
    optimizer.step()
model = DDP(model)
{_MANY.replace(_MAKES, "")}"""
_PEEK = f"for _ in range(3):\n    next(iter(loader))\n{_DDP}"

PARTED = {
    "a part is not wrapped": ("processes-part-differs", _HEAD + _PART + _LOOP),
    "weights of their own, gradients averaged": ("processes-weights-differ", _HEAD + _OWN_SEED + _BY_HAND),
    "weights of their own, gradients joined": ("processes-weights-differ", _HEAD + _OWN_SEED + _JOINED),
    "one rank steps": ("processes-step-apart", _HEAD + _DDP + _ONE_STEPS),
    "no wrapper": ("processes-train-alone", _HEAD + "model = Net()" + _LOOP),
    "no sampler": ("processes-same-data", _HEAD + _SHUFFLED + _DDP + _LOOP),
    "a stream that is not split": ("processes-same-data", _HEAD + _STREAM.format(begin=0, by=1) + _DDP + _LOOP),
    "no loader": ("processes-same-data", _HEAD + _DDP + _BATCHES.format(seed=0)),
    "shards, no sampler": ("processes-same-data", _HEAD + _SHUFFLED + _FSDP + _LOOP),
    "no set_epoch": ("epochs-in-one-order", _HEAD + _DDP + _LOOP.replace(_LOADED, "")),
    "a spare layer": ("parameters-unused", _HEAD + _UNUSED + _DDP + _LOOP),
}
"""What is wrong, and the code that says so."""

RIGHT = {
    "all wrapped": _HEAD + _DDP + _LOOP,
    "weights of rank 0, gradients averaged": _HEAD + _BROADCAST + _BY_HAND,
    "weights of rank 0, gradients joined": _HEAD + _BROADCAST + _JOINED,
    "wrapped after an epoch alone": _HEAD + _WRAPS_LATER,
    "a stream that is split": _HEAD + _STREAM.format(begin="rank", by="world") + _DDP + _LOOP,
    "no loader, own draws": _HEAD + _DDP + _BATCHES.format(seed="rank"),
    "unused parameters looked for": _HEAD + _UNUSED + "model = DDP(Net(), find_unused_parameters=True)" + _LOOP,
    "shards": _HEAD + _FSDP + _LOOP,
    "stages of a pipeline": _HEAD + _PIPELINE,
    "experts": _HEAD + _EXPERTS + _LOOP,
    "weights averaged each epoch": _HEAD + _OWN_SEED + _AVERAGED_WEIGHTS,
    "a data set with an order of its own": _HEAD + _OWN_ORDER + _DDP + _LOOP.replace(_LOADED, ""),
    "a loader that is looked into": _HEAD + _PEEK + _LOOP,
}
"""Mended, or alike and right: nothing is said."""
