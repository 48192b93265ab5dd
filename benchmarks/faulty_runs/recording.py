"""Trains what is missing of the benchmark, one process, resumable, and packs it into `frozen/`.

    export OMP_NUM_THREADS=1
    python benchmarks/faulty_runs/recording.py --rates [TASK …]     # the best rate of each task, for `task_list.py`
    python benchmarks/faulty_runs/recording.py [TASK …]             # an hour; kill it at any time
    python benchmarks/faulty_runs/recording.py --freeze
    python benchmarks/faulty_runs/recording.py --mends design       # what the first advice of each finding comes to

Path:   tasks × cases × seeds -> one line of JSON a run in build/faulty_runs/ -> frozen/TASK.json.gz.
Units:  values have four significant digits in the file.
"""

import argparse
import gzip
import json
import math
import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from cases import CASES, HEALTHY, by_name
from judging import answer_of, seen_at
from mending import advised, followed, key_of
from score import loaded
from task_list import TASKS, Task
from training_run import Trained, fits, train
from truth import FROZEN, HALVES, LOGGED, SPLITS

from ratecraft.diagnosis.diagnosing import diagnosis_of

BUILD = Path("build/faulty_runs")
SEEDS = (0, 1, 2)
SEEDS_BESIDE = (0,)
TWINS = ("linear", "cosine")
"""Healthy looks that are twins of faulty ones."""
BESIDE = ("/3", "*3")
"""Rates that a healthy run is held against."""


def wanted(task: Task, seed: int, *, all_looks: bool = False, only_healthy: bool = False) -> Iterator[str]:
    """Names of cases: healthy looks, what is faulty and its twins, what the healthy ones are held against."""
    few = TWINS if HALVES[task.name] == "design" else LOGGED
    looks = [case.name for case in HEALTHY if all_looks or seed in SEEDS_BESIDE or case.name in few]
    others = [case.name for case in CASES if case.kind != "healthy" and not only_healthy]
    beside = [name + sign for name in looks if name != "accumulated" for sign in BESIDE] if seed in SEEDS_BESIDE else []
    return (name for name in (*looks, *others, *beside) if fits(task, by_name(name)))


def line_of(name: str, seed: int, run: Trained) -> dict[str, Any]:
    """One line; of a run that is only held against another, its end alone."""
    line: dict[str, Any] = {"case": name, "seed": seed, "final": run.final, "before": run.before}
    if not name.endswith(BESIDE):
        rate = run.series.pop("rate")
        line["rate"] = max(rate[1])
        line |= {"series": {key: packed(*columns) for key, columns in run.series.items()}, "facts": run.facts}
    return line


def packed(steps: list[int], values: list[float]) -> list[Any]:
    """First step, steps between two, and the values; the steps themselves where they are uneven."""
    apart = {after - before for before, after in pairwise(steps)}
    short = [float(f"{value:.4g}") for value in values]
    return [steps[0], apart.pop(), short] if len(apart) == 1 else [steps, 0, short]


def record(task: Task, seed: int, *, all_looks: bool, only_healthy: bool) -> None:
    """Train what is missing of a task."""
    path = BUILD / f"{task.name}.jsonl"
    done = {(line["case"], line["seed"]) for line in lines_of(path)}
    for name in wanted(task, seed, all_looks=all_looks, only_healthy=only_healthy):
        if (name, seed) not in done:
            append(path, line_of(name, seed, train(task, by_name(name), seed)))


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What was recorded so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def append(path: Path, line: dict[str, Any]) -> None:
    """One more line of a recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def print_rates(task: Task) -> None:
    """Rates a factor of 2 apart under linear decay: mean final loss over two seeds, and the median norm.

    The rate of `task_list.py` is the lowest within a standard deviation of the best.
    """
    for octave in range(-4, 4):
        runs = [train(task, by_name(f"linear*{2.0**octave}"), seed) for seed in SEEDS[:2]]
        finals = [run.final for run in runs]
        norms = [value for run in runs for value in run.series.get("grad_norm", ([], []))[1] if math.isfinite(value)]
        norm = statistics.median(norms) if norms else math.nan
        spread = statistics.stdev(finals) if all(map(math.isfinite, finals)) else math.nan
        figures = f"{statistics.fmean(finals):.5g} ± {spread:.2g}, norm {norm:.3g}"
        print(f"{task.name} {task.rate * 2.0**octave:.4g}: {figures}", flush=True)


def freeze(task: Task) -> None:
    """Pack what was recorded of a task."""
    lines = lines_of(BUILD / f"{task.name}.jsonl")
    if lines:
        write(f"{task.name}.json.gz", sorted(lines, key=lambda line: (line["case"], line["seed"])))


def write(name: str, content: object, folder: Path = FROZEN) -> None:
    """Pack something into a file of the frozen folder."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(content, separators=(",", ":")).encode()
    (folder / name).write_bytes(gzip.compress(text, 9, mtime=0))


def follow_advice(half: str, folder: Path, seeds: Sequence[int]) -> None:
    """Train what the first advice of the first finding asks for, with everything logged and with the loss alone."""
    runs, known = loaded(half, folder)
    path = BUILD / "mends.jsonl"
    done = dict(known) | {line["key"]: line["final"] for line in lines_of(path)}
    for judged in runs:
        if judged.label != "faulty" or judged.seed not in seeds:
            continue
        for tier in ("everything", "loss"):
            answer = answer_of(diagnosis_of(seen_at(judged, tier)))
            advice = followed(judged, answer[0]) if answer else None
            case = None if advice is None else advised(judged, advice, TASKS[judged.task])
            key = "" if advice is None else f"{judged.task} {key_of(judged, advice)}"
            if case is not None and key not in done:
                done[key] = train(TASKS[judged.task], case, judged.seed).final
                append(path, {"key": key, "final": done[key]})
    write("mends.json.gz", done, folder)


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--rates", action="store_true")
    parser.add_argument("--looks", action="store_true", help="every healthy look with every seed")
    parser.add_argument(
        "--healthy", action="store_true", help="only runs that are well, and what they are held against"
    )
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="the first so many (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=FROZEN)
    parser.add_argument("--mends", choices=SPLITS)
    args = parser.parse_args()
    if args.mends:
        follow_advice(args.mends, args.folder, SEEDS[: args.seeds])
        return
    if args.rates or args.freeze:
        for name in args.tasks:
            (print_rates if args.rates else freeze)(TASKS[name])
        return
    for seed in SEEDS[: args.seeds]:
        for name in args.tasks:
            record(TASKS[name], seed, all_looks=args.looks, only_healthy=args.healthy)


if __name__ == "__main__":
    main()
