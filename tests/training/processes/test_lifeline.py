"""Mirrors training/processes/lifeline.py: of a supervisor that is killed, nothing lives on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.training.hosted_scripts import environment, written

from ratecraft.training.processes.lifeline import NO_LIFELINE, hold_on, lifeline

SCRIPT = """
import time, torch
from torch.utils.data import DataLoader, TensorDataset

model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(torch.ones(8, 4)), batch_size=4, num_workers=LOADERS, persistent_workers=LOADERS > 0)
for (x,) in loader:
    optimizer.zero_grad()
    model(x).sum().backward()
    optimizer.step()
    print("val_loss", 1.0, flush=True)
    time.sleep(600)  # an evaluation: no step comes at which the pipe would be looked at
"""


@pytest.mark.parametrize(
    "kind", ["fresh", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("forked", "branch"))]
)
def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    folder = tmp_path_factory.mktemp("k")  # short, for the sockets of loader workers
    written(folder / "train.py", f"LOADERS = {0 if kind == 'branch' else 2}\n{SCRIPT}")
    command = [sys.executable, str(Path(__file__).with_name("supervisor.py")), str(folder), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as supervisor:
        assert supervisor.stdout is not None
        told = [psutil.Process(int(word)) for word in supervisor.stdout.readline().split()]
        everyone = {each for process in told for each in (process, *process.children(recursive=True))}
        supervisor.kill()
    assert len(everyone) == {"fresh": 3, "forked": 4, "branch": 3}[kind]
    assert psutil.wait_procs(everyone, timeout=300)[1] == []


def test_a_group_that_takes_hold_too_late_ends_at_once() -> None:
    read, write = os.pipe()
    os.close(write)
    child = os.fork()
    if child == 0:
        os.setsid()
        hold_on(read)
        os._exit(0)
    os.close(read)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_process_without_a_lifeline_is_left_alone() -> None:
    hold_on(NO_LIFELINE)


def test_there_is_one_lifeline_and_no_other_process_can_hold_its_end() -> None:
    assert lifeline() == lifeline()
    assert not os.get_inheritable(lifeline())
