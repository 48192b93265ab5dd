"""Mirrors training/ranks/among.py: a watch in the loop of several processes has one voice, and its guard acts alike."""

import json
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.training.hosted_scripts import environment
from torch import distributed

from ratecraft.api.programs.launchers import torchrun_variables
from ratecraft.errors import InvalidInput
from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.ranks.among import Among
from ratecraft.training.ranks.board import Board
from ratecraft.training.ranks.environment import held_port, of_rank

HEAD = """
import json, pathlib
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
import ratecraft as rc

dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
told = {}


def train(name, *, nan_at=-1, same=False, guard=None, first_alone=False):
    torch.manual_seed(0)
    net = DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
    draws, losses = torch.Generator().manual_seed(0 if same else rank), []
    watched = None
    if rank == 0 or not first_alone:
        watched = rc.watch(optimizer, net, guard=guard, study=f"records/{name}")
    for step in range(90):
        x = torch.randn(8, 4, generator=draws)
        y = x.sum(1, keepdim=True)
        if step == nan_at and rank == 1:
            x = x * float("nan")
        loss = nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    told[name] = {"losses": losses, "weights": [each.tolist() for each in net.parameters()]}
    if watched is not None:
        watched.close()
        told[name] |= {
            "findings": [finding.code for finding in watched.findings],
            "seen": watched.run.series["loss"].values.tolist(),
            "facts": dict(watched.run.facts),
            "said": str(watched.report()),
        }
"""
TAIL = """
pathlib.Path(f"told.{rank}").write_text(json.dumps(told))
dist.destroy_process_group()
"""
PROGRAM = f"""{HEAD}
train("plain")
train("same", same=True)
train("guarded", nan_at=20, guard=rc.Guard())
train("first alone", first_alone=True)
{TAIL}"""


def ran(folder: Path, text: str, ranks: int = 2) -> tuple[list[dict[str, Any]], list[str]]:
    """What each rank told, and printed on stderr."""
    (folder / "train.py").write_text(text)
    holder, port = held_port()
    with closing(holder):
        processes = [
            subprocess.Popen(
                [sys.executable, "train.py"],
                cwd=folder,
                env=environment(**{**torchrun_variables(ranks), **of_rank(rank, port)}),
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(ranks)
        ]
        printed = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * ranks, printed
    return [json.loads((folder / f"told.{rank}").read_text()) for rank in range(ranks)], printed


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[str], Path]:
    folder = tmp_path_factory.mktemp("loop")
    return *ran(folder, PROGRAM), folder


Two = tuple[list[dict[str, Any]], list[str], Path]


@pytest.mark.soak
def test_the_first_of_two_ranks_tells_the_mean_of_their_losses_and_keeps_the_record(two: Two) -> None:
    (first, second), _, folder = two
    means = [(one + two) / 2 for one, two in zip(first["plain"]["losses"], second["plain"]["losses"], strict=True)]
    assert first["plain"]["losses"] != second["plain"]["losses"]
    assert first["plain"]["seen"] == pytest.approx(means)
    assert first["plain"]["facts"]["processes"] == 2.0
    assert second["plain"]["seen"] == second["plain"]["losses"]
    assert (folder / "records" / "plain").is_dir()
    assert not list((folder / "records").glob("*.1"))


@pytest.mark.soak
def test_only_the_first_rank_speaks(two: Two) -> None:
    (first, second), printed, _ = two
    assert first["same"]["findings"] == ["processes-same-data"]
    assert second["same"]["findings"] == []
    assert "processes-same-data" in printed[0]
    assert "ratecraft" not in printed[1]
    assert not any(name.startswith("rank_mark") for told in (first, second) for name in told["same"]["facts"])


@pytest.mark.soak
def test_a_guard_leaves_an_update_out_on_both_ranks_that_is_no_number_on_one(two: Two) -> None:
    (first, second), _, _ = two
    assert first["guarded"]["findings"][0] == "guard-skip"
    assert first["guarded"]["weights"] == second["guarded"]["weights"]
    assert "NaN" not in json.dumps(first["guarded"]["weights"])
    assert first["guarded"]["weights"] != first["plain"]["weights"]


@pytest.mark.soak
def test_a_first_rank_that_watches_alone_says_so(two: Two) -> None:
    (first, _), _, _ = two
    alone = first["first alone"]
    assert alone["seen"] == pytest.approx(alone["losses"])
    assert "1 of the 2 processes" in " ".join(alone["said"].split())
    assert "took part in the watch" not in first["plain"]["said"]


@pytest.mark.soak
def test_a_watch_changes_no_weight_of_ranks(two: Two) -> None:
    (first, second), _, _ = two
    assert first["plain"]["weights"] == first["first alone"]["weights"] == second["plain"]["weights"]


# ------------------------------------------------------------------ one process


def piece(first: int, losses: list[float]) -> ObservedRun:
    steps = list(range(first, first + len(losses)))
    series = {
        "loss": observed_series("loss", steps, losses),
        "rate": observed_series("rate", steps, [0.1] * len(steps)),
    }
    return ObservedRun(series, "step", {}, "live")


def test_losses_of_a_rank_that_leaves_early_are_those_of_the_others_from_then_on() -> None:
    store, seen = distributed.HashStore(), list[ObservedRun]()
    first, second = (Among(rank, 2, Board(store, rank, 2)) for rank in (0, 1))
    take, other = first.follow(seen.append, ErrorBoundary()), second.follow(lambda piece: None, ErrorBoundary())
    other(piece(0, [3.0]))
    second.close(over=True)
    take(piece(0, [1.0, 5.0]))
    first.close(over=True)
    for each in (first, second):
        each.mark_end()
    losses = [value for each in seen if "loss" in each.series for value in each.series["loss"].values.tolist()]
    assert losses == [2.0, 5.0]


def test_a_guard_that_not_every_rank_begins_is_refused_by_number() -> None:
    with pytest.raises(InvalidInput, match="did not begin it: 1, 2"):
        Among(0, 3, Board(distributed.HashStore(), 0, 3)).agreeing(timedelta(milliseconds=1))


def test_a_guard_of_ranks_that_have_not_met_is_refused() -> None:
    with pytest.raises(InvalidInput, match="have not joined one another yet"):
        Among(0, 2, None).agreeing()
