"""What a Ray cluster of this machine costs a study: start-up, overhead a trial, and how well its workers are used.

Trials are a program that only sleeps, so that two of them side by side cost each other nothing, however many
processors the machine has: what is left is what the executor adds. Beside it stand the same commands by a pool of
threads without ratecraft (`bare`), and the local executor.

Run:    .venv/bin/python benchmarks/ray_executor.py [--trials 50] [--seconds 1] [--workers 2]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ratecraft.api.cluster import RayCluster
from ratecraft.api.running import run_study
from ratecraft.api.search import described_search
from ratecraft.records.events import Event, Finished, Started
from ratecraft.reporting.progress import SilentScreen

PROGRAM = """
import sys, time
time.sleep(float(sys.argv[2]))
print("val_loss:", sys.argv[1])
"""


def bare(trials: int, seconds: float, workers: int) -> float:
    """Seconds that the commands alone take, so many at a time."""
    with tempfile.TemporaryDirectory(prefix="rc") as folder, ThreadPoolExecutor(workers) as pool:
        Path(folder, "train.py").write_text(PROGRAM)
        words = [sys.executable, "-S", "train.py", "0.1", f"{seconds}"]
        began = time.monotonic()
        list(pool.map(lambda _: subprocess.run(words, cwd=folder, capture_output=True, check=True), range(trials)))
        return time.monotonic() - began


@dataclass
class Watch(SilentScreen):
    """Notes when jobs begin and end."""

    began: list[float] = field(default_factory=list[float])
    ended: list[float] = field(default_factory=list[float])

    def hear(self, event: Event) -> None:
        """One more event."""
        if isinstance(event, Started):
            self.began.append(time.monotonic())
        elif isinstance(event, Finished):
            self.ended.append(time.monotonic())


def searched(cluster: RayCluster | None, trials: int, seconds: float, workers: int) -> tuple[float, float, float]:
    """Seconds until the first trial was begun, from there to the end of the last one, and until all was taken down."""
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="rc") as folder:
        os.chdir(folder)
        Path("train.py").write_text(PROGRAM)
        study = described_search(
            program=[sys.executable, "-S", "train.py", "{rate}", f"{seconds}"],
            space={"rate": (1e-4, 1e-1)},
            trials=trials,
            metric="val_loss",
            workers=workers,
            cluster=cluster,
        )
        asked = time.monotonic()
        run_study(study, open_screen=lambda study, past: watch)
        over = time.monotonic()
        os.chdir("/")
    assert len(watch.ended) == trials
    return watch.began[0] - asked, watch.ended[-1] - watch.began[0], over - watch.ended[-1]


def main() -> None:
    """Print a line an executor."""
    options = argparse.ArgumentParser()
    options.add_argument("--trials", type=int, default=50)
    options.add_argument("--seconds", type=float, default=1.0)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    print(f"{given.trials} trials of {given.seconds:g} s, {given.workers} at a time")
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print("          start-up, s   trials, s   of bare   added to a trial, ms   taking down, s")
    alone = bare(given.trials, given.seconds, given.workers)
    print(f"{'bare':10}{'':11}{alone:12.2f}")
    for executor, cluster in (("local", None), ("ray", RayCluster("local"))):
        start, took, down = searched(cluster, given.trials, given.seconds, given.workers)
        added = (took - alone) * given.workers / given.trials * 1000
        print(f"{executor:10}{start:11.2f}{took:12.2f}{alone / took:10.1%}{added:23.0f}{down:17.2f}", flush=True)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
