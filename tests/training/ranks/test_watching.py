"""Mirrors training/ranks/watching.py: a script of several processes is watched as one run."""

import signal
from pathlib import Path

import pytest
from tests.training.ranks.groups import HEAD
from tests.training.watched import Seen

from ratecraft.api.programs.launchers import torchrun_variables
from ratecraft.records.program import Entry
from ratecraft.training.observing.run import Watching
from ratecraft.training.ranks.watching import run_watched_ranks
from ratecraft.watching.guard import Guard, settings_of

TRAINS = f"""{HEAD}
import pathlib
model = DistributedDataParallel(nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for epoch in range(5):
    sampler.set_epoch(epoch)
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(repr(loss.item()), file=open(f"losses.{{rank}}", "a"))
    if rank == 1:
        print(f"epoch {{epoch}} val_loss {{loss.item()}}", flush=True)
dist.destroy_process_group()
"""


def watched(folder: Path, text: str, seen: Seen, processes: int = 2) -> int:
    (folder / "train.py").write_text(text)
    entry = Entry(processes=processes, variables=torchrun_variables(processes))
    return run_watched_ranks("train.py", (), seen, Watching(entry))


def test_losses_are_means_of_two_ranks_and_a_figure_is_that_of_the_rank_that_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = Seen()
    assert watched(tmp_path, TRAINS, seen) == 0
    first, second = ([float(line) for line in Path(f"losses.{rank}").read_text().split()] for rank in (0, 1))
    assert first != second
    assert seen.values("loss") == pytest.approx([(one + two) / 2 for one, two in zip(first, second, strict=True)])
    assert seen.steps("loss") == seen.steps("rate") == list(range(80))
    assert seen.steps("val_loss") == [16, 32, 48, 64, 80]


SHARDED = f"""{HEAD}
from torch.distributed.fsdp import fully_shard
model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))
mesh = dist.init_device_mesh("cpu", (world,))
for part in (model[0], model[2], model):
    fully_shard(part, mesh=mesh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for step, (x, y) in zip(range(12), loader):
    nn.functional.mse_loss(model(x), y).backward()
    whole = torch.stack([tensor.grad.full_tensor().pow(2).sum() for tensor in model.parameters()]).sum().sqrt()
    if rank == 0:
        print(repr(whole.item()), file=open("norms", "a"))
    optimizer.step()
    optimizer.zero_grad()
dist.destroy_process_group()
"""


@pytest.mark.soak
def test_the_norm_of_gradients_that_fsdp_spreads_over_the_ranks_is_that_of_all_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SHARDED)
    seen, entry = Seen(), Entry(processes=2, variables=torchrun_variables(2))
    assert run_watched_ranks("train.py", (), seen, Watching(entry, 1)) == 0
    assert seen.facts["weights_sharded"] == 1.0
    norms = [float(line) for line in Path("norms").read_text().split()]
    assert len(norms) == 12
    assert seen.values("grad_norm") == pytest.approx(norms, rel=1e-5)


@pytest.mark.soak
def test_a_rank_that_never_steps_is_named_with_its_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen = Seen()
    assert watched(tmp_path, TRAINS.replace("        optimizer.step()", "        rank or optimizer.step()"), seen) == 0
    assert {"ranks_still": 1.0, "ranks_steps_fewest": 0.0}.items() <= seen.facts.items()
    assert not any(name.startswith("rank_mark") for name in seen.facts)


def test_a_rank_that_fails_ends_the_others_with_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
import os, signal, sys
open(f"began.{os.environ['RANK']}", "w").close()
if os.environ["RANK"] == "1":
    sys.exit(7)
signal.pause()
"""
    assert watched(tmp_path, text, Seen()) == 7


def test_a_rank_that_is_killed_ends_the_others_and_is_named_as_shells_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
import os, signal
if os.environ["RANK"] == "0":
    os.kill(os.getpid(), signal.SIGKILL)
signal.pause()
"""
    assert watched(tmp_path, text, Seen()) == 128 + signal.SIGKILL


GUARDED = f"""{HEAD}
import hashlib, pathlib
model = DistributedDataParallel(nn.Linear(4, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
step = 0
for epoch in range(4):
    sampler.set_epoch(epoch)
    for x, y in loader:
        optimizer.zero_grad()
        if step == 20 and rank == 1 and "inputs" in sys.argv:
            x = x * float("nan")
        nn.functional.mse_loss(model(x), y).backward()
        if step == 30 and rank == 1 and "gradients" in sys.argv:
            model.module.weight.grad[0, 0] = float("nan")
        optimizer.step()
        step += 1
text = repr([each.tolist() for each in model.parameters()])
pathlib.Path(f"weights.{{rank}}").write_text(text)
dist.destroy_process_group()
"""


def test_a_gradient_that_is_none_on_one_rank_is_left_out_on_both_and_the_weights_stay_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(GUARDED)
    entry, seen = Entry(processes=2, variables=torchrun_variables(2)), Seen()
    how = Watching(entry, policy="ratecraft.watching.guard:policy_of", settings=settings_of(Guard()))
    assert run_watched_ranks("train.py", ("inputs", "gradients"), seen, how) == 0
    assert seen.steps("guard_skip") == [20, 30]
    first, second = (Path(f"weights.{rank}").read_text() for rank in (0, 1))
    assert first == second
    assert "nan" not in first
    assert "guard_off" not in seen.facts


@pytest.mark.soak
def test_a_guard_of_ranks_that_never_joined_lets_them_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    alone = "import torch\nmodel = torch.nn.Linear(2, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
    alone += "for _ in range(9):\n    model(torch.ones(4, 2)).mean().backward()\n    optimizer.step()\n"
    (tmp_path / "train.py").write_text(alone)
    entry, seen = Entry(processes=2, variables=torchrun_variables(2)), Seen()
    how = Watching(entry, policy="ratecraft.watching.guard:policy_of", settings=settings_of(Guard()))
    assert run_watched_ranks("train.py", (), seen, how) == 0
    assert seen.facts["guard_off"] == 1.0
