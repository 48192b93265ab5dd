"""Every rival on every task and seed, in one resumable command; a line of JSON each.

    OMP_NUM_THREADS=1 python benchmarks/tuning/rivals.py                     # the design half; kill it at any time
    OMP_NUM_THREADS=1 python benchmarks/tuning/rivals.py --kind replayed     # seconds: those that the oracle answers
    OMP_NUM_THREADS=1 python benchmarks/tuning/rivals.py --half held-out     # counts as one of three looks

Path:   tasks, frozen oracle -> replayed rivals, trained rivals, whole studies of ratecraft -> results.jsonl.
Units:  cost is runs (steps / horizon), every step counted; losses are last validation losses, null where there is none.

A line that is there is not computed again. `python benchmarks/tuning/table.py` makes tables and the picture of them.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from frozen import is_complete, load
from lines import append, read
from suite import SEEDS, TASKS

RESULTS = Path("build/tuning/results.jsonl")
SCRIPTS = Path(__file__).with_name("tasks")
STUDIES = {"ratecraft": (), "ratecraft, cheap": ("--cheap",), "ratecraft, 3 runs": ("--budget", "3")}
"""Whole studies by the command line."""
KINDS = ("replayed", "trained", "studies")

Line = dict[str, Any]


def write(line: Line) -> None:
    """Add a result."""
    append(RESULTS, {**line, "loss": line["loss"] if math.isfinite(line["loss"]) else None})


def replayed(task: str, missing: set[str], seeds: tuple[int, ...]) -> Iterator[Line]:
    """The rivals that need only full runs."""
    from policies import POLICIES

    frozen = load(task)
    for rival in POLICIES:
        policy, draws = POLICIES[rival]
        for seed in seeds if rival in missing else ():
            found = [policy(frozen, seed, draw) for draw in range(draws)]
            for draw, each in enumerate(found):
                yield {"rival": rival, "task": task, "seed": seed, "draw": draw, "loss": each.loss, "runs": each.runs}


def trained(task: str, seed: int, missing: set[str]) -> Iterator[Line]:
    """The rivals that train a run of their own, in this process."""
    from runner import script_of
    from trained import TRAINED, train

    script = script_of(task)
    for rival in TRAINED:
        if rival not in missing:
            continue
        line: Line = {"rival": rival, "task": task, "seed": seed, "draw": 0}
        try:
            found = train(rival, script, seed)
        except ChildProcessError as error:
            yield {**line, "loss": math.inf, "runs": 1.0, "failure": str(error)}
        else:
            yield {**line, "loss": found.loss, "runs": found.runs, "rate": found.rate}


def study(task: str, seed: int, rival: str) -> Line:
    """A whole study by the command line, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "ratecraft.cli.main", "tune", f"{task}.py", "--json", *STUDIES[rival]]
        done = subprocess.run([*command, "--", "--seed", str(seed)], cwd=folder, capture_output=True, text=True)
        printed = last_printed(Path(folder))
    line: Line = {"rival": rival, "task": task, "seed": seed, "draw": 0}
    if done.returncode:
        return {**line, "loss": math.inf, "runs": 0.0, "failure": done.stderr[-500:]}
    found = json.loads(done.stdout)
    final = (found.get("tuned") or {}).get("final") if found["metric"]["source"] != "training" else printed
    line |= {"loss": math.inf if final is None else final, "runs": found["cost"]["runs"], "rate": found["rate"]}
    return {**line, "verdict": found["verdict"], "total_runs": found["cost"]["total_runs"]}


def last_printed(folder: Path) -> float | None:
    """The last validation loss that the study's last run printed, for a study that compared training losses."""
    from ratecraft.records.events import Finished
    from ratecraft.records.storage.store import Record

    (path,) = folder.glob(".ratecraft/*/record.sqlite")
    with Record.open(path, read_only=True) as record:
        *_, last = (event.outcome for event in record.events() if isinstance(event, Finished))
    values = [figure.value for figure in last.figures if figure.name == "val_loss"]
    return values[-1] if values else None


def missing_of(kind: str, task: str, seed: int) -> set[str]:
    """The rivals of a kind that have no line yet."""
    from policies import POLICIES

    done = {line["rival"] for line in read(RESULTS) if line["task"] == task and line["seed"] == seed}
    if kind == "trained":
        from trained import TRAINED

        return set(TRAINED) - done
    return set(STUDIES if kind == "studies" else POLICIES) - done


def one(kind: str, task: str, seed: int) -> None:
    """What is missing of one kind, task and seed, in this process."""
    from runner import die_with_parent

    die_with_parent()
    missing = missing_of(kind, task, seed)
    if kind == "replayed":
        lines = replayed(task, missing, (seed,))
    elif kind == "trained":
        lines = trained(task, seed, missing) if missing else iter(())
    else:
        lines = (study(task, seed, rival) for rival in STUDIES if rival in missing)
    for line in lines:
        write(line)
        print(*(line[name] for name in ("rival", "task", "seed", "loss", "runs")), flush=True)


def main() -> int:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("design", "held-out"), default="design")
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=KINDS)
    parser.add_argument("--tasks", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", action="store_true", help="run in this process")
    arguments = parser.parse_args()
    tasks = arguments.tasks or [each.name for each in TASKS if each.half == arguments.half]
    if arguments.one:
        return one(arguments.kind[0], tasks[0], arguments.seeds[0]) or 0

    def start(kind: str, task: str, seed: int) -> int:
        if kind == "replayed" and not is_complete(task):
            return 0
        command = [sys.executable, __file__, "--one", "--kind", kind, "--tasks", task, "--seeds", str(seed)]
        return subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode

    pieces = [(kind, task, seed) for kind in arguments.kind for seed in arguments.seeds for task in tasks]
    with ThreadPoolExecutor(arguments.workers) as pool:
        return max(pool.map(lambda piece: start(*piece), pieces))


if __name__ == "__main__":
    sys.exit(main())
