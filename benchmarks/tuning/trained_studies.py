"""Whole studies by the command that a user types, trained for real and judged against the whole grid; resumable.

    OMP_NUM_THREADS=1 python benchmarks/tuning/trained_studies.py --parts check         # half an hour on one core
    OMP_NUM_THREADS=1 python benchmarks/tuning/trained_studies.py --parts check --table # seconds: of the lines kept
    OMP_NUM_THREADS=1 python benchmarks/tuning/trained_studies.py --parts unseen --table # counts as a look

Path:   a task's script -> `ratecraft tune` in a folder of its own -> its answer, a line each -> `Judged` -> tables.
Units:  cost is runs (steps / horizon), as the command tells it.

Training looks at no score: lines are written unread, and only `--table` shows them. `studies.py` plays the same studies
on frozen curves, with more of them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from frozen import load
from grid_truth import Truth
from lines import append, read
from looks import looked
from replay import Followed, world_of
from rivals import replayed
from scoring import reference_of
from studies import AHEAD, COST, INTERVAL, MAIN, SURE, WRONG, judged, table, went_wrong, whole
from suite import TASKS, Task
from table import OURS, Row, draw, row_of
from tuner_figures import Judged

from ratecraft.records.answer import Answer
from ratecraft.records.cost import costs
from ratecraft.records.job import Job
from ratecraft.records.storage.codec import from_plain, to_plain
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import HOME, StudyFolder

__all__ = ["KEPT", "beside_rivals", "followed_of", "judge", "line_of", "unseen_tasks"]

RESULTS = Path("build/tuning/trained_studies.jsonl")
KEPT = Path(__file__).with_name("frozen") / "trained_studies.jsonl.gz"
"""The lines that the table of the README is made of."""
SCRIPTS = Path(__file__).with_name("tasks")
RIVALS = (
    *("default, linear", "range test, valley", "range test, minimum/10", "grid of 4"),
    *("random 4", "random 8", "random 16", "TPE 8", "TPE 16", "ASHA 16"),
)
"""Of `policies.py`: those that the first edition told of."""


def study(task: Task, seed: int, said: Sequence[str]) -> dict[str, Any]:
    """A whole study by the command line, and what its record tells."""
    command = [sys.executable, "-m", "ratecraft.cli.main", "tune", f"{task.name}.py", "--json", *said]
    command += ["--seed", str(seed), "--", "--seed", str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        line = {"task": task.name, "seed": seed, "code": done.returncode, "said": [*said]}
        found = [*(Path(folder) / HOME).glob("*/record.sqlite")]
        if not found:
            return {**line, "failure": (done.stderr or done.stdout)[-500:]}
        if done.returncode:
            line["failure"] = (done.stderr or done.stdout)[-500:]
        return {**line, **line_of(StudyFolder(found[0].parent), load(task.name).steps)}


def line_of(folder: StudyFolder, horizon: int) -> dict[str, Any]:
    """What is kept of a study: its answer, its price, and its final run."""
    with Record.open(folder.record, read_only=True) as record:
        answer, spent = record.answer(), costs(record.events(), horizon, record.series.reached())
        job = record.job(answer.final_job) if answer and answer.final_job else None
    return {
        "runs": spent.runs,
        "total": spent.total_runs,
        "answer": to_plain(answer) if answer else None,
        "final": to_plain(job) if job else None,
    }


def followed_of(line: dict[str, Any]) -> Followed:
    """A line as the study that it tells of."""
    answer = from_plain(Answer, line["answer"]) if line.get("answer") else None
    job = from_plain(Job, line["final"]) if line.get("final") else None
    refusal = "" if answer else "failed"
    return Followed(answer, refusal, line.get("runs", 0.0), line.get("total", 0.0), {job.key: job} if job else {})


def judge(tasks: Sequence[Task], lines: Sequence[dict[str, Any]]) -> Iterator[Judged]:
    """Hold the studies of these tasks against the whole grid."""
    for task in tasks:
        frozen = load(task.name)
        truth = Truth(frozen)
        for line in lines:
            if line["task"] == task.name:
                yield judged(task, truth, world_of(task, frozen, line["seed"]), followed_of(line))


def unseen_tasks() -> list[Task]:
    """The part that no rule was chosen on."""
    return [task for task in TASKS if task.part == "unseen"]


def beside_rivals(tasks: Sequence[Task], found: Sequence[Judged]) -> list[Row]:
    """These studies beside rivals of full runs, cheapest first: on plain tasks, trained at all of their rates."""
    plain = {task.name: task for task in tasks if task.kind == "plain"}
    references = {name: reference_of(load(name)) for name in plain}
    lines: dict[str, list[dict[str, Any]]] = {name: [] for name in (OURS, *RIVALS)}
    for each in found:
        if each.task in plain:
            loss = references[each.task].losses[each.seed] * (1 + each.regret.share)
            lines[OURS].append({"task": each.task, "seed": each.seed, "runs": each.runs, "loss": loss})
    seeds = sorted({each.seed for each in found})
    for name in plain:
        for line in replayed(name, set(RIVALS), tuple(seeds)):
            lines[line["rival"]].append(line)
    return sorted((row_of(name, lines[name], references) for name in lines), key=lambda row: row.runs)


def main() -> None:
    """Train what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("design", "check", "unseen"), required=True)
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="only these")
    parser.add_argument(
        "--seeds",
        type=int,
        default=3,
        metavar="COUNT",
        help="a task (default: %(default)s)",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where lines are kept (default: %(default)s)")
    parser.add_argument("--table", action="store_true", help="only print the table")
    parser.add_argument("--picture", type=Path, help="with --table: draw regret against cost, beside rivals")
    parser.add_argument("said", nargs="*", metavar="OPTION", help="of `ratecraft tune`, behind `--`")
    arguments = parser.parse_args()
    tasks = [task for task in whole(arguments.parts) if not arguments.tasks or task.name in arguments.tasks]
    if arguments.table:
        found = show(tasks, read(arguments.results if arguments.results.exists() else KEPT))
        if arguments.picture:
            draw(beside_rivals(tasks, found), arguments.picture)
        return
    done = {(line["task"], line["seed"]) for line in read(arguments.results)}
    for task in tasks:
        for seed in task.seeds[: arguments.seeds]:
            if (task.name, seed) not in done:
                append(arguments.results, study(task, seed, arguments.said))
                print(task.name, seed, file=sys.stderr, flush=True)


def show(tasks: Sequence[Task], lines: Sequence[dict[str, Any]]) -> list[Judged]:
    """Print the tables, after the look was written down where there is one."""
    unseen = [task.name for task in tasks if task.part == "unseen"]
    if unseen:
        looked("trained_studies.py", unseen)
    found = [*judge(tasks, lines)]
    rows = {"trained for real": found}
    for names in (MAIN, COST + WRONG, SURE, INTERVAL, AHEAD):
        print("\n".join(table(rows, names)), end="\n\n")
    by_task = {task.name: [each for each in found if each.task == task.name] for task in tasks}
    print("\n".join(table(by_task, (*MAIN, "runs", "sure"))), end="\n\n")
    print("What went wrong:", *went_wrong(found), sep="\n")
    return found


if __name__ == "__main__":
    main()
