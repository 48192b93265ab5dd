"""Every method of `ratecraft search` beside `ratecraft tune`, trained for real; one resumable command.

    OMP_NUM_THREADS=1 python benchmarks/tuning/methods.py             # about an hour on one core; kill it at any time
    OMP_NUM_THREADS=1 python benchmarks/tuning/methods.py --table     # seconds: from the lines that were kept

Path:   a task's script -> whole studies by the command line -> a line each -> regret, cost and failures, a row a way.
Units:  cost is runs (steps / horizon), the baseline not in it; losses are last validation losses, null without one.

All ways get the same script, the same range of rates (100 × about the script's own) and the same seeds: seed N is that
of the script, of the jobs and of the draws. `searches.py` plays the same searches on the frozen oracle, with
more draws.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from frozen import Frozen, load
from lines import append, read
from scoring import Reference, reference_of
from searches import rows_of

__all__ = ["KEPT", "WAYS", "reference_for"]

RESULTS = Path("build/tuning/methods.jsonl")
KEPT = Path(__file__).with_name("frozen") / "methods.jsonl.gz"
"""The lines that the table of the README is made of."""
SCRIPTS = Path(__file__).with_name("tasks")
CHEAPEST = ("digits_mlp", "diabetes_mlp", "topics_mlp")
"""Of the design half: the other one is for judging the tuner, and no search was ever tuned on either."""
_WIDE = 100.0
"""× and ÷ the script's own rate, as in `searches.py`."""
_GRID = (-1.5, -0.5, 0.5, 1.5)
"""Decades from the script's own rate, as in `searches.py`."""

WAYS: Mapping[str, tuple[str, ...]] = {
    "tune": ("tune",),
    "grid of 4": ("search", "--method", "grid"),
    "ASHA 16": ("search", "--method", "asha", "--trials", "16"),
    "random 8": ("search", "--method", "random", "--trials", "8"),
    "Sobol 8": ("search", "--method", "sobol", "--trials", "8"),
    "TPE 8": ("search", "--method", "tpe", "--trials", "8"),
    "GP 8": ("search", "--method", "gp", "--trials", "8"),
    "Hyperband": ("search", "--method", "hyperband"),
}
"""A way to its command. Eight is what Hyperband's brackets cost, and four is ASHA's cost and the usual grid."""
LOOKING = ("tune", "ASHA 16", "Hyperband")
"""Ways with short runs, which end where the script evaluates. Only its baseline tells where; without it, losses of
training are compared. The baseline is in no way's cost."""


def rates(way: str, own: float) -> tuple[str, ...]:
    """The option that says which rates a search may try; nothing for `tune`, which needs none.

    Example:
        >>> rates("random 8", 0.01), rates("tune", 0.01)
        (('--rate', '0.0001..1'), ())
    """
    if way == "tune":
        return ()
    if way.startswith("grid"):
        return ("--rate", ",".join(f"{own * 10**decades:.6g}" for decades in _GRID))
    return ("--rate", f"{own / _WIDE:.6g}..{own * _WIDE:.6g}")


def study(task: str, frozen: Frozen, seed: int, way: str) -> dict[str, Any]:
    """A whole study by the command line, in a folder of its own."""
    verb, *said = WAYS[way]
    without = () if way in LOOKING else ("--no-baseline", "--steps", str(frozen.steps))
    command = [sys.executable, "-m", "ratecraft.cli.main", verb, f"{task}.py", "--json", *said, *without]
    command += [*rates(way, frozen.rate), "--metric", "val_loss:min", "--seed", str(seed), "--", "--seed", str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    line: dict[str, Any] = {"rival": way, "task": task, "seed": seed}
    if done.returncode:
        return {**line, "loss": None, "runs": 0.0, "failure": (done.stderr or done.stdout)[-500:]}
    found = json.loads(done.stdout)
    cost = {name: found["cost"][name] for name in ("runs", "total_runs", "seconds")}
    return {**line, "loss": (found["tuned"] or {}).get("final"), "rate": found["rate"], **cost}


def reference_for(reference: Reference, seeds: Sequence[int]) -> Reference:
    """The reference also for seeds that the oracle did not train: the mean of its two halves.

    Example:
        >>> reference_for(Reference({0: 1.0, 1: 3.0}, 0.1), (1, 4)).losses
        {0: 1.0, 1: 3.0, 4: 2.0}
    """
    usual = statistics.fmean(reference.losses.values())
    return replace(reference, losses={**dict.fromkeys(seeds, usual), **reference.losses})


def main() -> None:
    """Run what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=CHEAPEST)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(5))
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=tuple(WAYS))
    parser.add_argument("--table", action="store_true", help="only print the table, of what was kept")
    arguments = parser.parse_args()
    frozen = {task: load(task) for task in arguments.tasks}
    done = {(line["task"], line["seed"], line["rival"]) for line in read(RESULTS)}
    pieces = [(task, seed, way) for seed in arguments.seeds for task in arguments.tasks for way in arguments.ways]
    for task, seed, way in pieces if not arguments.table else ():
        if (task, seed, way) not in done:
            line = study(task, frozen[task], seed, way)
            append(RESULTS, line)
            print(*(line[name] for name in ("task", "seed", "rival", "loss", "runs")), file=sys.stderr, flush=True)
    lines = read(KEPT if arguments.table else RESULTS)
    references = {task: reference_for(reference_of(frozen[task]), arguments.seeds) for task in frozen}
    print("\n".join(rows_of([line for line in lines if line["task"] in references], references)))


if __name__ == "__main__":
    main()
