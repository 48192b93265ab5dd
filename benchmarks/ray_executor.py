"""What a Ray cluster of this machine costs a study: start-up, overhead a trial, and how well its workers are used.

Trials are a program that only sleeps, so that two of them side by side cost each other nothing, however many
processors the machine has: what is left is what the executor adds. Beside it stand the same commands by a pool of
threads without ratecraft (`bare`), and the local executor. With `--beside-tune` also Ray Tune, whose trials are
functions that start the same command; it takes `pip install 'ray[tune]'`. All take turns, so often as `--rounds` says.

Run:    .venv/bin/python benchmarks/ray_executor.py [--trials 50] [--seconds 1] [--workers 2] [--beside-tune --rounds 3]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ratecraft.api.running.run_study import run_study
from ratecraft.api.search import describe_search
from ratecraft.api.studies.cluster import RayCluster
from ratecraft.records.events import Event, Finished, Started
from ratecraft.reporting.progress.screen import SilentScreen

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
        study = describe_search(
            program=[sys.executable, "-S", "train.py", "{rate}", f"{seconds}"],
            space={"rate": (1e-4, 1e-1)},
            trials=trials,
            metric="val_loss",
            workers=workers,
            executor=cluster or "local",
        )
        asked = time.monotonic()
        run_study(study, open_screen=lambda study, past: watch)
        over = time.monotonic()
        os.chdir("/")
    assert len(watch.ended) == trials
    return watch.began[0] - asked, watch.ended[-1] - watch.began[0], over - watch.ended[-1]


def tuned(trials: int, seconds: float, workers: int) -> tuple[float, float, float]:
    """The same three times of a search by Ray Tune, with its defaults."""
    import ray
    from ray import tune

    began, ended = list[float](), list[float]()

    class Times(tune.Callback):
        def on_trial_start(self, *of: object, **more: object) -> None:
            began.append(time.monotonic())

        def on_trial_complete(self, *of: object, **more: object) -> None:
            ended.append(time.monotonic())

    def trial(config: dict[str, float]) -> None:
        words = [sys.executable, "-S", "-c", PROGRAM, f"{config['rate']}", f"{seconds}"]
        printed = subprocess.run(words, capture_output=True, check=True, text=True).stdout
        tune.report({"val_loss": float(printed.split()[-1])})

    with tempfile.TemporaryDirectory(prefix="rc") as folder:
        asked = time.monotonic()
        ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level=50)
        tune.Tuner(
            trial,
            param_space={"rate": tune.loguniform(1e-4, 1e-1)},
            tune_config=tune.TuneConfig(num_samples=trials, metric="val_loss", mode="min"),
            run_config=tune.RunConfig(storage_path=folder, verbose=0, callbacks=[Times()]),
        ).fit()
        ray.shutdown()
        over = time.monotonic()
    assert len(ended) == trials
    return began[0] - asked, ended[-1] - began[0], over - ended[-1]


def main() -> None:
    """Print a line an executor and round."""
    options = argparse.ArgumentParser()
    options.add_argument("--trials", type=int, default=50)
    options.add_argument("--seconds", type=float, default=1.0)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--beside-tune", action="store_true")
    given = options.parse_args()
    much = (given.trials, given.seconds, given.workers)
    ways: dict[str, Callable[[], tuple[float, float, float]]] = {
        "local": partial(searched, None, *much),
        "ray": partial(searched, RayCluster("local"), *much),
    }
    if given.beside_tune:
        ways["ray tune"] = partial(tuned, *much)
    print(f"{given.trials} trials of {given.seconds:g} s, {given.workers} at a time")
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print("          start-up, s   trials, s   of bare   added to a trial, ms   taking down, s")
    for _ in range(given.rounds):
        alone = bare(*much)
        print(f"{'bare':10}{'':11}{alone:12.2f}", flush=True)
        for name, way in ways.items():
            start, took, down = way()
            added = (took - alone) * given.workers / given.trials * 1000
            print(f"{name:10}{start:11.2f}{took:12.2f}{alone / took:10.1%}{added:23.0f}{down:17.2f}", flush=True)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
