"""Trains the frozen oracle: tasks × rates × schedules × warm-ups × seeds, and the probes that controllers ask for.

    OMP_NUM_THREADS=1 nice -n 10 python benchmarks/tuning/oracle.py    # what is missing; kill it at any time
    python benchmarks/tuning/oracle.py --state                         # how far each task is
    python benchmarks/tuning/oracle.py --freeze                        # pack what is there into frozen/
    OMP_NUM_THREADS=1 python benchmarks/tuning/oracle.py --check 12    # train a random sample anew and compare

Path:   tasks -> lines of JSON, a tree each, in build/tuning/oracle/ -> frozen/TASK.json.gz, as soon as a task is whole.
Units:  steps are optimizer steps; octaves are log2(rate / the script's own rate).

A rate's constant run is the trunk: the cool-downs after 1/64, 1/32, 1/16, 1/8 and 1/4 of it leave it, and so does the
linear run after 0.4 of it. So what they share is trained once. The coarse rates of one seed are trained first: the best
of them is the middle of the nine that are trained with everything, and the best of those is where warm-ups begin.
"""

import argparse
import fcntl
import gzip
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lines import append, read
from suite import OUTER, TASKS, Task, task_of

BUILD = Path("build/tuning/oracle")
FROZEN = Path(__file__).with_name("frozen")
BLOCKS = 64
"""Of a run's losses, whose means are kept."""
WARMED = {20: range(-2, 5), 10: range(5)}
"""Longer warm-ups, as parts of the steps, and the octaves above the best rate they are trained at, with two seeds.

The tuner probes with one of them below the best rate too, and has to see what it is worth there.
"""
PARTS = ("design", "check", "unseen")

Tree = tuple[str, int, float]
"""A kind, a seed and an octave."""


def wanted(task: Task, there: Mapping[Tree, Mapping[str, Any]]) -> list[Tree]:
    """The trees of a task as far as they can be told from those that are there, the most useful first."""
    trees: list[Tree] = [(kind, seed, 0) for seed in task.seeds for kind in ("start", "ramp")]
    trees += [("own", seed, 0) for seed in task.seeds if task.own or task.trainer]
    core = core_of(task, there)
    if core is None:
        return [*trees, *(("outer", 0, octave) for octave in OUTER)]
    inner, reach = range(core - 4, core + 5), 2 if task.trainer else 4
    near = sorted(range(core - reach, core + reach + 1), key=lambda octave: (abs(octave - core), octave))
    for seed in task.seeds:
        full = seed < 3 and not task.trainer
        trees += [("full" if full or (octave == 0 and not task.trainer) else "outer", seed, octave) for octave in near]
        trees += [("outer" if task.trainer else "full", seed, 0)] if 0 not in near else []
    scouts = task.core is None
    trees += [("outer", 0, octave) for octave in OUTER if scouts or (octave not in inner and octave)]
    trees = list(dict.fromkeys(trees))
    if not task.trainer and (best := best_of(core, there)) is not None:
        seeds, octaves = task.seeds[:2], {part: [best + up for up in ups] for part, ups in WARMED.items()}
        trees += [(f"warm-{part}", seed, each) for seed in seeds for part in WARMED for each in octaves[part]]
    halves = range(core - reach + 1, core + reach - 1)
    return trees + [("probes", seed, octave + 0.5) for seed in task.seeds for octave in halves]


def is_whole(task: Task, there: Mapping[Tree, Mapping[str, Any]]) -> bool:
    """Whether every tree of a task is there."""
    warm = task.trainer or any(kind.startswith("warm-") for kind, _, _ in there)
    return core_of(task, there) is not None and warm and all(each in there for each in wanted(task, there))


def core_of(task: Task, there: Mapping[Tree, Mapping[str, Any]]) -> int | None:
    """The octave in the middle of the core: the best of the coarse ones; None as long as those are not all there."""
    if task.core is not None:
        return task.core
    scouts = {octave: there.get(("outer", 0, octave)) for octave in OUTER}
    if not all(scouts.values()):
        return None
    return min(OUTER, key=lambda octave: final(scouts[octave]))


def best_of(core: int, there: Mapping[Tree, Mapping[str, Any]]) -> int | None:
    """The octave at which the linear runs of the first two seeds are best; None as long as one is missing."""
    rows = {octave: [there.get(("full", seed, octave)) for seed in (0, 1)] for octave in range(core - 4, core + 5)}
    if not all(all(row) for row in rows.values()):
        return None
    return min(rows, key=lambda octave: sum(map(final, rows[octave])))


def final(tree: Mapping[str, Any] | None) -> float:
    """The last validation loss of a tree's linear run; infinite where it has none."""
    linear = [run for run in (tree or {"runs": ()})["runs"] if run["name"] == "linear"]
    figures = linear[0]["figures"] if linear and not linear[0]["ended"] else []
    return figures[-1][1] if figures and figures[-1][1] is not None else math.inf


def train(task: Task) -> None:
    """Train what is missing of a task, in this process; a line a tree. Freezes it once it is whole."""
    from branches import tree
    from runner import die_with_parent, run, script_of

    die_with_parent()
    BUILD.mkdir(parents=True, exist_ok=True)
    path = (BUILD / f"{task.name}.jsonl").absolute()
    with path.with_suffix(".lock").open("w") as lock, tempfile.TemporaryDirectory() as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = trained(task)
        if all(each in there for each in wanted(task, there)):
            return
        script = script_of(task.name)
        home = Path.cwd()
        os.chdir(scratch)
        every = max(1, script.STEPS // 20) if task.trainer else 0
        while missing := [each for each in wanted(task, there) if each not in there]:
            kind, seed, octave = missing[0]
            branch = tree(kind, script.RATE * 2.0**octave, script.STEPS, every=every)
            records = [slim(record, script.STEPS) for record in run(script, branch, ["--seed", str(seed)])]
            line = {"kind": kind, "octave": octave, "seed": seed, "runs": records}
            append(path, line)
            there[kind, seed, octave] = line
        os.chdir(home)
        freeze(task)


def trained(task: Task) -> dict[Tree, Mapping[str, Any]]:
    """What is there of a task: frozen by an earlier session, or trained since."""
    path = FROZEN / f"{task.name}.json.gz"
    frozen = json.loads(gzip.decompress(path.read_bytes()))["trees"] if path.exists() else []
    lines = [*frozen, *read(BUILD / f"{task.name}.jsonl")]
    return {(line["kind"], line["seed"], line["octave"]): line for line in lines}


def slim(record: dict[str, Any], steps: int) -> dict[str, Any]:
    """A record with its losses as means of blocks (of a probe: one), and numbers of six digits (losses: four)."""
    losses, size = record.pop("losses"), max(1, steps // BLOCKS)
    if record["name"] == "ramp":
        size = 1
    if record["name"].startswith("probe"):
        size = max(1, len(losses))
    blocks = [losses[first : first + size] for first in range(0, len(losses), size)]
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


def freeze(task: Task) -> None:
    """Pack what is there of a task into one file, with the versions that it came from."""
    import numpy
    import sklearn
    import torch
    from runner import module_of

    there = trained(task)
    if not there:
        return
    FROZEN.mkdir(exist_ok=True)
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": numpy.__version__}
    versions["scikit-learn"] = sklearn.__version__
    script = module_of(task.name)
    head = {"task": task.name, "rate": script.RATE, "steps": script.STEPS, "versions": versions}
    head["complete"] = is_whole(task, there)
    trees = sorted(there.values(), key=lambda line: (line["seed"], line["kind"], line["octave"]))
    text = json.dumps({**head, "trees": trees}, separators=(",", ":"))
    with gzip.GzipFile(FROZEN / f"{task.name}.json.gz", "wb", mtime=0) as file:
        file.write(text.encode())


def state(tasks: Sequence[Task]) -> Iterator[str]:
    """A line a task: how many of the trees that are known to be wanted are there."""
    whole = 0
    for task in tasks:
        there = trained(task)
        known = wanted(task, there)
        whole += is_whole(task, there)
        done = "whole" if is_whole(task, there) else f"{sum(each in there for each in known)} of {len(known)} or more"
        yield f"{task.part}: {task.name}: {done}"
    yield f"{whole} of {len(tasks)} tasks are whole"


def check(count: int, tasks: Sequence[Task]) -> int:
    """Run randomly chosen frozen runs by their plain command line; the number that differ."""
    chosen, different = random.Random(), 0  # noqa: S311 - a sample, no secret
    runs = [each for task in tasks if not task.trainer for each in _checkable(task)]
    if not runs:
        sys.exit("nothing is frozen yet: run oracle.py, then oracle.py --freeze")
    for name, run, arguments in chosen.sample(runs, min(count, len(runs))):
        script = Path(__file__).with_name("tasks") / f"{name}.py"
        done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=True)
        printed = [
            float(line.split("val_loss:")[1].split()[0]) for line in done.stdout.splitlines() if "val_loss:" in line
        ]
        kept = [value for _, value in run["figures"]]
        same = printed[-len(kept) :] == kept or run["ended"]
        different += not same
        print("same" if same else "DIFFERENT", name, *arguments, printed[-1], kept[-1] if kept else None, flush=True)
    return different


def _checkable(task: Task) -> Iterator[tuple[str, Mapping[str, Any], list[str]]]:
    """The whole runs of a task, each with the arguments that make it alone."""
    path = FROZEN / f"{task.name}.json.gz"
    data = json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {"trees": ()}
    for tree in data["trees"]:
        for run in tree["runs"]:
            shape, _, part = run["name"].partition("@")
            if shape in ("constant", "cosine", "linear", "own"):
                rate = repr(data["rate"] * 2.0 ** tree["octave"])
                arguments = ["--rate", rate, "--schedule", shape, "--seed", str(tree["seed"])]
                yield task.name, run, arguments + (["--warm-up", str(data["steps"] // int(part))] if part else [])


def main() -> int:
    """Read the arguments, do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="only these, in this order")
    parser.add_argument("--state", action="store_true")
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--check", type=int, metavar="COUNT")
    parser.add_argument("--one", action="store_true", help="train the first task in this process")
    arguments = parser.parse_args()
    tasks = [task for part in arguments.parts for task in TASKS if task.part == part]
    if arguments.tasks:
        tasks = [task_of(name) for name in arguments.tasks]
    if arguments.state:
        print("\n".join(state(tasks)))
        return 0
    if arguments.freeze:
        for task in tasks:
            freeze(task)
        return 0
    if arguments.check:
        return check(arguments.check, tasks)
    if arguments.one:
        return train(tasks[0]) or 0
    worst = 0
    for task in tasks:
        there = trained(task)
        if not all(each in there for each in wanted(task, there)):
            print("begins", task.name, flush=True)
            command = [sys.executable, __file__, "--one", "--tasks", task.name]
            worst |= subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode
    return worst


if __name__ == "__main__":
    sys.exit(main())
