"""Trains the frozen oracle: tasks × rates × schedules × seeds, and the probes that controllers ask for.

    OMP_NUM_THREADS=1 python benchmarks/tuning/oracle.py                 # what is missing; kill it at any time
    OMP_NUM_THREADS=1 python benchmarks/tuning/oracle.py --freeze        # pack what is there into frozen/
    OMP_NUM_THREADS=1 python benchmarks/tuning/oracle.py --check 12      # train a random sample anew and compare

Path:   tasks -> one record a run in build/tuning/oracle/ (lines of JSON) -> frozen/TASK.json.gz.
Units:  steps are optimizer steps; octaves are log2(rate / the script's own rate).

A rate's constant run is the trunk: the cool-downs after 1/64, 1/32, 1/16, 1/8 and 1/4 of it leave it, and so does the
linear run after 0.4 of it. So what they share is trained once.
"""

import argparse
import fcntl
import gzip
import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lines import append, read
from suite import OUTER, SEEDS, TASKS, Task

BUILD = Path("build/tuning/oracle")
FROZEN = Path(__file__).with_name("frozen")
BLOCKS = 64
"""Of a run's losses, whose means are kept."""


def wanted(task: Task, seed: int) -> list[tuple[str, float]]:
    """The trees of a task and a seed, the most useful first: what is trained at which octave.

    `full`: all schedules and probes. `outer`: linear and probes. `probes`: only those. `ramp`: a range test.
    """
    trees: list[tuple[str, float]] = [("ramp", 0)]
    core = sorted(task.octaves, key=lambda octave: abs(octave - task.core))
    trees += [("full" if seed < 3 or not octave else "outer", octave) for octave in core]
    trees += [] if 0 in core else [("full", 0)]
    trees += [("outer", octave) for octave in OUTER if octave not in core and octave and seed == 0]
    return trees + [("probes", octave + 0.5) for octave in task.octaves[1:-2]]


def train(name: str, seed: int) -> None:
    """Train what is missing of a task and a seed, in this process; appends a line a run."""
    from branches import ramp, tree
    from runner import die_with_parent, run, script_of

    die_with_parent()
    task = next(task for task in TASKS if task.name == name)
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"{name}-{seed}.jsonl"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = {(line["kind"], line["octave"]) for line in trained(name, seed)}
        missing = [each for each in wanted(task, seed) if each not in done]
        script = script_of(name) if missing else None
        for kind, octave in missing:
            branch = ramp() if kind == "ramp" else tree(kind, script.RATE * 2.0**octave, script.STEPS)
            records = [slim(record, script.STEPS) for record in run(script, branch, ["--seed", str(seed)])]
            append(path, {"kind": kind, "octave": octave, "seed": seed, "runs": records})


def trained(name: str, seed: int) -> list[dict[str, Any]]:
    """What is there of a task and a seed: frozen by an earlier session, or trained since."""
    since = read(BUILD / f"{name}-{seed}.jsonl")
    seen = {(line["kind"], line["octave"]) for line in since}
    path = FROZEN / f"{name}.json.gz"
    trees = json.loads(gzip.decompress(path.read_bytes()))["trees"] if path.exists() else []
    return since + [tree for tree in trees if tree["seed"] == seed and (tree["kind"], tree["octave"]) not in seen]


def slim(record: dict[str, Any], steps: int) -> dict[str, Any]:
    """A record with its losses as means of blocks, and numbers of six digits (losses: four)."""
    losses, size = record.pop("losses"), max(1, steps // BLOCKS)
    if record["name"] == "ramp":
        size = 1
    blocks = [losses[first : first + size] for first in range(0, len(losses), size)]
    if record["name"].startswith("probe"):
        blocks = []
    slimmed = {**record, "losses": [rounded(sum(block) / len(block), 4) for block in blocks]}
    slimmed["figures"] = [(step, rounded(value, 6)) for step, value in record["figures"]]
    if "accuracy" in record:
        slimmed["accuracy"] = rounded(record["accuracy"], 4)
    if "frozen" in record:
        slimmed["frozen"] = [rounded(loss, 6) for loss in record["frozen"]]
    return slimmed


def rounded(value: float | None, digits: int) -> float | None:
    """As many digits as mean anything; None for what is no number."""
    return None if value is None or abs(value) == float("inf") or value != value else float(f"{value:.{digits}g}")


def freeze() -> None:
    """Pack the records of each task into one file, with the versions that they came from, and say what is missing."""
    import numpy
    import sklearn
    import torch
    from runner import module_of

    FROZEN.mkdir(exist_ok=True)
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": numpy.__version__}
    versions["scikit-learn"] = sklearn.__version__
    for task in TASKS:
        lines = [line for seed in SEEDS for line in trained(task.name, seed)]
        there = sum((line["kind"], line["octave"]) in wanted(task, line["seed"]) for line in lines)
        print(f"{task.name}: {there} of {(whole := sum(len(wanted(task, seed)) for seed in SEEDS))} trees")
        script = module_of(task.name)
        head = {"task": task.name, "half": task.half, "rate": script.RATE, "steps": script.STEPS, "versions": versions}
        head["complete"] = there == whole
        lines.sort(key=lambda line: (line["seed"], line["kind"], line["octave"]))
        text = json.dumps({**head, "trees": lines}, separators=(",", ":"))
        with gzip.GzipFile(FROZEN / f"{task.name}.json.gz", "wb", mtime=0) as file:
            file.write(text.encode())


def check(count: int) -> int:
    """Run randomly chosen frozen runs by their plain command line; the number that differ."""
    chosen, different = random.Random(), 0  # noqa: S311 - a sample, no secret
    frozen = [task for task in TASKS if (FROZEN / f"{task.name}.json.gz").exists()]
    if not frozen:
        sys.exit("nothing is frozen yet: run oracle.py, then oracle.py --freeze")
    for _ in range(count):
        task = chosen.choice(frozen)
        data = json.loads(gzip.decompress((FROZEN / f"{task.name}.json.gz").read_bytes()))
        tree = chosen.choice([tree for tree in data["trees"] if tree["kind"] == "full"])
        run = chosen.choice([run for run in tree["runs"] if not run["name"].startswith("probe")])
        rate = data["rate"] * 2.0 ** tree["octave"]
        arguments = ["--rate", repr(rate), "--schedule", run["name"], "--seed", str(tree["seed"])]
        script = Path(__file__).with_name("tasks") / f"{task.name}.py"
        done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=True)
        printed = [
            float(line.split("val_loss:")[1].split()[0]) for line in done.stdout.splitlines() if "val_loss:" in line
        ]
        kept = [value for _, value in run["figures"]]
        same = printed[-len(kept) :] == kept or run["ended"]
        different += not same
        print("same" if same else "DIFFERENT", task.name, *arguments, printed[-1], kept[-1] if kept else None)
    return different


def main() -> int:
    """Read the arguments, do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--tasks", nargs="+", default=[task.name for task in TASKS])
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--check", type=int, metavar="COUNT")
    parser.add_argument("--one", action="store_true", help="train in this process")
    arguments = parser.parse_args()
    if arguments.freeze:
        return freeze() or 0
    if arguments.check:
        return check(arguments.check)
    if arguments.one:
        return train(arguments.tasks[0], arguments.seeds[0]) or 0

    def start(one: tuple[int, str]) -> int:
        command = [sys.executable, __file__, "--one", "--tasks", one[1], "--seeds", str(one[0])]
        print("begins", *one, flush=True)
        return subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode

    pairs = [(seed, task) for seed in arguments.seeds for task in arguments.tasks]
    with ThreadPoolExecutor(arguments.workers) as pool:
        return max(pool.map(start, pairs))


if __name__ == "__main__":
    sys.exit(main())
