"""Mirrors training/processes/launcher.py: where workers come from, and how they end."""

import gc
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, environment, forked, hosted, run, written
from tests.training.hosting.test_host import HEAD

from ratecraft.records.outcome import Ending, Failure
from ratecraft.training.processes.launcher import Launcher, Process, _ForkServer

LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(200):
    loss = model(torch.randn(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("hash", hash("text"))
"""
NO_SERVER = ("-c", "raise SystemExit(1)")
LIGHT_SERVER = (
    "-c",
    """
import socket, sys
from ratecraft.training.hosting import entry
from ratecraft.training.hosting.fork_server import serve
fork = serve(socket.socket(fileno=int(sys.argv[1])))
if fork:
    entry.main(fork.descriptors[0], int(sys.argv[2]))
""",
)
"""One that has not loaded torch, for workers that nobody tells anything."""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return written(tmp_path / "train.py", HEAD + LOOP)


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


def server_of(launcher: Launcher) -> _ForkServer:
    (server,) = launcher._servers.values()
    assert server is not None
    return server


def started(launch: Launcher, folder: Path, code: str = "", **variables: str) -> Process:
    """A worker that nobody tells anything: its pipe is at its end, so that it leaves with code 1."""
    read, write = os.pipe()
    os.close(write)
    with Path(folder / "log").open("ab") as log:
        process = launch(str(folder), environment(**variables), log, read)
    os.close(read)
    return process


@pytest.mark.soak
def test_a_server_that_was_killed_is_replaced_and_its_workers_live_on(script: Path, launcher: Launcher) -> None:
    before = hosted(script, Heard(), launch=launcher)
    assert before.advance({}, 10, END).ending is Ending.DONE
    first = server_of(launcher)
    os.kill(first._process.pid, signal.SIGKILL)
    first._process.wait()
    after = run(script, to=20, launch=launcher)
    assert server_of(launcher) is not first
    assert (after.passage.step, after.passage.ending) == (20, Ending.DONE)
    assert before.advance({}, 20, END).step == 20
    os.kill(before._process.pid, signal.SIGKILL)
    assert before.advance({}, 30, END).failure == Failure("killed", "SIGKILL")
    before.close()


def test_a_server_that_cannot_start_is_not_tried_twice_and_workers_are_fresh(script: Path) -> None:
    with Launcher(NO_SERVER) as launcher:
        for _ in range(2):
            process = started(launcher, script.parent)
            assert isinstance(process, subprocess.Popen)
            process.wait()
        assert list(launcher._servers.values()) == [None]


def test_each_seed_of_hashes_has_a_server_and_what_is_read_late_has_not(script: Path) -> None:
    with Launcher(LIGHT_SERVER) as launcher:
        for variables in ({}, {"TMPDIR": str(script), "CUDA_VISIBLE_DEVICES": "1"}, {"PYTHONHASHSEED": "7"}):
            started(launcher, script.parent, **variables).wait(60)
        assert len(launcher._servers) == 2


def test_where_python_finds_its_modules_from_the_folder_a_worker_is_a_fresh_python(script: Path) -> None:
    with Launcher() as launcher:
        process = started(launcher, script.parent, PYTHONPATH=f"{environment()['PYTHONPATH']}:lib")
        assert isinstance(process, subprocess.Popen)
        process.wait()


@pytest.mark.soak
def test_a_request_that_is_too_long_is_served_by_a_fresh_python(script: Path) -> None:
    long = {f"LONG_{number}": "x" * 100_000 for number in range(10)}
    with Launcher((str(Path(__file__).parents[1] / "nursery.py"),)) as launcher:
        process = started(launcher, script.parent, **long)
        assert isinstance(process, subprocess.Popen)
        process.wait()


def test_how_a_forked_process_ended_is_known_to_all_who_wait_and_its_descriptors_are_closed(script: Path) -> None:
    leaves = written(script.parent / "leaves.py", "import os\nos._exit(7)\n")
    run(leaves, to=1)  # the server runs
    ours = psutil.Process()
    gc.collect()  # what earlier tests left behind is closed now, not while we count
    before = ours.num_fds()
    running = hosted(leaves, Heard(), launch=forked)
    codes = list[int]()
    threads = [threading.Thread(target=lambda: codes.append(running._process.wait())) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert running.advance({}, 1, END).failure == Failure("exit", "7")
    for thread in threads:
        thread.join()
    assert codes == [7] * 4
    running.close()
    assert ours.num_fds() == before


def test_a_process_that_lives_on_is_told_as_such(script: Path) -> None:
    running = hosted(script, Heard(), launch=forked)
    running.advance({}, 5, END)
    with pytest.raises(subprocess.TimeoutExpired):
        running._process.wait(0)
    running.close()
    assert running._process.wait(0) == 0


def test_a_closed_launcher_leaves_no_server(script: Path) -> None:
    launcher = Launcher(LIGHT_SERVER)
    started(launcher, script.parent).wait(60)
    server = psutil.Process(server_of(launcher)._process.pid)
    launcher.close()
    launcher.close()
    assert not server.is_running()
