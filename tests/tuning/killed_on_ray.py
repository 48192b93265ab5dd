"""Kills studies on a cluster with SIGKILL for `test_killed_on_ray.py`: driver, workers, nodes, raylets with orphans.

Usage: python -m tests.tuning.killed_on_ray RECORD ADDRESS METHOD TICKS    (drives a search; dies at a tick, 0 for none)

What trains is the arithmetic run, in real tasks on the nodes of `ray_nodes`; it takes its time, so that there is
something to kill. A driver's tick is an instruction of SQLite, so that it may die half-way in a write.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from tests.conformance.arithmetic_run import ArithmeticRun, Problem, start_run
from tests.tuning.killed_search import HORIZON, kept, searched
from tests.tuning.killed_study import ticking
from tests.tuning.ray_nodes import raylet_of, replaced, workers_of
from tests.tuning.whole_study import open_record

from ratecraft.records.events import Event
from ratecraft.records.job import Job
from ratecraft.records.running import Listener
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.remote import RemoteWorkspace
from ratecraft.tuning.ray_cluster import connected
from ratecraft.tuning.ray_executor import RayExecutor
from ratecraft.tuning.ray_worker import perform_away

STEP_SECONDS = 0.004
MOST_TICKS = 40_000
MOST_STRIKES = 2  # a life of the driver: a job is given up at the third attempt
SECONDS = (0.1, 2.0)  # from one strike to the next
DIES_BY_ITSELF = 0.2  # of the drivers, in a write to the record
VICTIMS = ("driver", "worker", "node", "raylet")


def open_workshop(shipment: str, fetch: Callable[[], bytes]) -> RemoteWorkspace:
    """Where a node makes arithmetic runs; each leaves a log."""
    folder = StudyFolder(Path(tempfile.mkdtemp()) / "study")
    problem = Problem(HORIZON, every=40, at_step=lambda step, rate, loss: time.sleep(STEP_SECONDS))

    def start(job: Job, attempt: int, listener: Listener) -> ArithmeticRun:
        folder.logs.mkdir(parents=True, exist_ok=True)
        (folder.logs / f"{job.key}-{attempt}.log").touch()
        return start_run(problem)(job, attempt, listener)

    return RemoteWorkspace(start, folder, {})


def drive(path: Path, address: str, method: str, ticks: int) -> None:
    """Drive a search to its answer, or to the tick at which it dies."""
    with open_record(path) as record, connected(address) as joined:
        record.claim()
        if ticks:
            record._file._connection.set_progress_handler(ticking(ticks), 1)
        task = joined.task(perform_away, num_cpus=1, num_returns="streaming", scheduling_strategy="SPREAD")
        submit = partial(task, joined.needed, "tests.tuning.killed_on_ray:open_workshop", path.stem, ())
        folder = StudyFolder(path.with_suffix(""))
        folder.path.mkdir(exist_ok=True)
        executor = RayExecutor(start_run(Problem(HORIZON, every=40)), 2, joined, submit, folder)
        searched(record, method, executor=executor)


@dataclass(frozen=True)
class Killer:
    """Kills what belongs to a study on this cluster, drawn at random."""

    cluster: Any
    random: np.random.Generator
    variables: dict[str, str]

    def kills_of(self, begin: Callable[[int], "subprocess.Popen[str]"], record: Path, most: int) -> Counter[str]:
        """Begin a study until it comes to its end, through so many kills; what was recorded stays as it was.

        Args:
            begin: Begins the driver's process, which may die at that tick.
            record: Of the study.
            most: Kills.
        """
        kills, known = Counter[str](), list[Event]()
        while True:
            dies = kills.total() < most and self.random.random() < DIES_BY_ITSELF
            with begin(int(self.random.integers(1, MOST_TICKS)) if dies else 0) as driver:
                kills += self._strikes(driver, most - kills.total())
                out, err = driver.communicate()
            if record.exists():
                known = kept(record, known)
            if driver.returncode == 0:
                return kills
            assert driver.returncode == -signal.SIGKILL, (out, err)
            kills["driver"] += 1

    def _strikes(self, driver: "subprocess.Popen[str]", most: int) -> Counter[str]:
        """What was killed beside a driver, until it was killed itself or has ended."""
        kills = Counter[str]()
        while driver.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                driver.wait(self.random.uniform(*SECONDS))
                break
            if kills.total() >= min(most, MOST_STRIKES):
                continue
            at_work = [worker for node in self.cluster.nodes for worker in workers_of(raylet_of(node))]
            victim = str(self.random.choice(VICTIMS))
            if not at_work:
                continue
            if victim == "driver":
                driver.kill()
            elif self._strike(victim, at_work[self.random.integers(len(at_work))]):
                kills[victim] += 1
        return kills

    def _strike(self, victim: str, worker: psutil.Process) -> bool:
        """Kill a worker, its node with it, or its raylet, so that it lives on; whether it still was there."""
        with suppress(psutil.NoSuchProcess):
            raylet = worker.ppid()
            if victim != "worker":
                os.kill(raylet, signal.SIGKILL)
            if victim != "raylet":
                worker.kill()
            if victim != "worker":
                replaced(self.cluster, raylet, **self.variables)
            return True
        return False


if __name__ == "__main__":
    drive(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
