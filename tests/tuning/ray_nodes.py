"""What tests on a cluster share: two nodes of this machine, and a program that waits until it may go on.

The nodes are raylets of this machine, with one processor each beside a head with none.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import pytest
from tests.end_to_end.command import Workplace

PROGRAM = """
import os, pathlib, sys, time
rate, trace = float(sys.argv[1]), pathlib.Path(sys.argv[2])
def tell(word):
    with trace.open("a") as file:
        file.write(f"{word} {rate:g} {os.getpid()}\\n")
tell("begun")
while trace.with_name("wait").exists() and not trace.with_name(f"go-{os.getpid()}").exists():
    time.sleep(0.01)
print(f"val_loss: {rate}")
pathlib.Path("left.txt").write_text(str(os.getpid()))
tell("ended")
"""
QUICK_DEATH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 200,
    "health_check_timeout_ms": 20_000,  # of a node that lives and is slow; one that was killed refuses at once
    "health_check_failure_threshold": 3,
}
"""Of a node: Ray's own 13 s are right where networks have bad moments, and long for a test."""


def two_nodes(**variables: str) -> AbstractContextManager[Any]:
    """A head without processors and two nodes with one each, which have these variables."""
    return nodes_with(1, 1, **variables)


@contextmanager
def nodes_with(*processors: int, **variables: str) -> Iterator[Any]:
    """A head without processors and a node for each number of them, all with these variables."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "_system_config": QUICK_DEATH}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.nodes = [cluster.add_node(num_cpus=each, env_vars=variables) for each in processors]
            yield cluster
        finally:
            cluster.shutdown()


def replaced(cluster: Any, raylet: int, **variables: str) -> None:
    """A new node for one whose raylet was killed, so that the next test finds two; it has nothing of this test's."""
    (dead,) = [node for node in cluster.nodes if raylet_of(node) == raylet]
    cluster.nodes.remove(dead)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KERAS_HOME", raising=False)
        cluster.nodes.append(cluster.add_node(num_cpus=1, env_vars=variables))


def raylet_of(node: Any) -> int:
    """The process of a node."""
    return node.all_processes["raylet"][0].process.pid


def workers_of(raylet: int) -> Iterable[psutil.Process]:
    """The workers of a node that are at a job."""
    with suppress(psutil.NoSuchProcess):
        for each in psutil.Process(raylet).children():
            if each.name().startswith("ray::perform"):
                yield each


@contextmanager
def late_node(cluster: Any, **variables: str) -> Iterator[None]:
    """A third node, which has these variables."""
    node = cluster.add_node(num_cpus=1, env_vars=variables)
    try:
        yield
    finally:
        cluster.remove_node(node)


@dataclass(frozen=True)
class Trace:
    """What the program of a place has told of itself while it ran."""

    place: Workplace

    @property
    def path(self) -> Path:
        return self.place.folder.parent / "cache" / "trace"

    def said(self, word: str) -> list[tuple[float, int]]:
        """Rate and process of every line with this word."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [(float(line.split()[1]), int(line.split()[2])) for line in lines if line.startswith(word)]

    def hold(self) -> None:
        """Trials wait from now on."""
        self.path.with_name("wait").touch()

    def release(self, process: int | None = None) -> None:
        """One trial goes on, or all do."""
        if process is None:
            self.path.with_name("wait").unlink(missing_ok=True)
        else:
            self.path.with_name(f"go-{process}").touch()


@contextmanager
def started(place: Workplace, *command: str) -> Iterator["Popen[str]"]:
    """A command under way, which is ended where a test is."""
    with place.start(*command) as process:
        try:
            yield process
        finally:
            process.kill()


def until(holds: Callable[[], bool], process: "Popen[str] | None" = None) -> None:
    """Wait for what is to come, but not for ever."""
    late = time.monotonic() + 300
    while not holds():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < late
        time.sleep(0.02)


def worker_of(process: int) -> psutil.Process:
    """The process of Ray's that has started a trial's."""
    worker = psutil.Process(process).parent()
    assert worker is not None
    assert worker.name().startswith("ray::")
    return worker
