"""Mirrors training/frameworks/processes.py: training in several processes is refused where it begins."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, Hosted, environment, nursery, run, written

from ratecraft.records.outcome import Ending, Failure
from ratecraft.training.frameworks.processes import is_one_of_several

SPAWNS = """
import torch.multiprocessing as mp

def train(rank):
    raise RuntimeError("a worker began")

if __name__ == "__main__":
    try:
        {start}
    except Exception:
        print("caught")
    print("not reached")
"""
JOINS = """
import torch.distributed as dist
{before}
dist.init_process_group({arguments})
print("joined", dist.get_world_size())
"""


def hosted(folder: Path, text: str, **how: object) -> Hosted:
    return run(written(folder / "train.py", HEAD + text), to=5, **how)


@pytest.mark.parametrize("start", ["mp.spawn(train, nprocs=2)", "mp.start_processes(train, nprocs=2)"])
def test_workers_that_would_train_are_not_started(tmp_path: Path, start: str) -> None:
    refused = hosted(tmp_path, SPAWNS.format(start=start))
    assert refused.passage.ending is Ending.FAILED
    assert refused.passage.failure == Failure("spawns-processes", "2")
    assert refused.printed == []


def test_processes_that_the_script_forks_to_train_together_end_where_they_join_and_are_told(tmp_path: Path) -> None:
    text = """
    import torch.multiprocessing as mp
    import torch.distributed as dist

    def train(rank, world):
        dist.init_process_group("gloo", init_method="tcp://127.0.0.1:1", rank=rank, world_size=world)
        print("not reached")

    ranks = [mp.Process(target=train, args=(rank, 3)) for rank in range(3)]
    for each in ranks:
        each.start()
    for each in ranks:
        each.join()
    print("over")
    """
    refused = hosted(tmp_path, text.replace("\n    ", "\n"))
    assert refused.passage.failure == Failure("spawns-processes", "3")
    assert refused.printed == ["over"]


def test_a_single_worker_that_trains_is_this_process(tmp_path: Path) -> None:
    text = SPAWNS.format(start="mp.spawn(train, nprocs=1)")
    share = """
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(8):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).square().sum().backward()
        optimizer.step()
"""
    passage = hosted(tmp_path, text.replace('    raise RuntimeError("a worker began")\n', share)).passage
    assert (passage.step, passage.failure) == (5, None)


@pytest.mark.parametrize(
    ("before", "arguments"),
    [
        ("", "'gloo', init_method='tcp://127.0.0.1:1', world_size=2, rank=0"),
        ("", "'gloo', 'tcp://127.0.0.1:1', None, 2, 0"),
        ("import os; os.environ.update(RANK='0', WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT='1')", "'gloo'"),
    ],
    ids=["by name", "by place", "by environment"],
)
def test_a_group_of_several_processes_is_refused_before_it_waits_for_them(
    tmp_path: Path, before: str, arguments: str
) -> None:
    refused = hosted(tmp_path, JOINS.format(before=before, arguments=arguments))
    assert refused.passage.failure == Failure("several-processes", "torch.distributed")
    assert refused.printed == []


def test_a_group_of_one_process_trains_as_any_script(tmp_path: Path) -> None:
    text = """
    import torch.distributed as dist
    dist.init_process_group("gloo", init_method="file://" + __file__ + ".group", world_size=1, rank=0)
    model = nn.parallel.DistributedDataParallel(nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(8):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).square().sum().backward()
        optimizer.step()
    dist.destroy_process_group()
    """
    passage = hosted(tmp_path, text.replace("\n    ", "\n")).passage
    assert (passage.step, passage.failure) == (5, None)


def test_torchrun_from_within_is_refused(tmp_path: Path) -> None:
    text = "\nfrom torch.distributed.run import main\nmain(['--nproc-per-node', '2', __file__])\nprint('not reached')\n"
    refused = hosted(tmp_path, text)
    assert refused.passage.failure == Failure("several-processes", "torchrun")
    assert refused.printed == []


def test_a_script_of_a_launcher_is_refused_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    refused = hosted(tmp_path, "print('not reached')", launch=nursery())
    assert refused.passage.failure == Failure("several-processes", "torchrun")
    assert refused.printed == []


@pytest.mark.parametrize(
    "variables",
    [{}, {"RANK": "0"}, {"WORLD_SIZE": "2"}, {"RANK": "0", "WORLD_SIZE": "1"}, {"RANK": "0", "WORLD_SIZE": "x"}],
)
def test_a_process_is_on_its_own_unless_a_launcher_says_otherwise(variables: dict[str, str]) -> None:
    assert not is_one_of_several(variables)
    assert not is_one_of_several({**environment(), **variables})
