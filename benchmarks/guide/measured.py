"""Figures of the guide that other benchmarks have measured already: their frozen results, as plain numbers.

Path:   `batch.jsonl`, `plan.json` and the frozen oracle, `tuning/frozen/results.jsonl.gz` -> `frozen/<name>.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path += [str(HERE.parent), str(HERE.parent / "tuning")]

__all__ = ["batch", "cost", "plan"]

RIVALS = (
    *("default, linear", "Prodigy", "Schedule-Free", "fastai one-cycle", "range test, steepest", "range test, valley"),
    *("range test, minimum/10", "ratecraft", "ratecraft, 3 runs", "default, linear ×3", "grid of 4", "random 4"),
    *("ASHA 16", "TPE 8", "random 8", "default, linear ×8", "random 16", "TPE 16"),
)
"""Of the table of rivals, those that a reader may think of; the cheapest first."""


def batch() -> dict[str, Any]:
    """The best rate at each batch, by task, optimizer and seed, in octaves."""
    import batch as scaling

    rows = scaling.read(scaling.FROZEN)
    return {
        "batches": scaling.BATCHES,
        "best": {
            f"{task} {optimizer}": [
                list(scaling.curves_of(rows, task, optimizer).best(size)) for size in scaling.BATCHES
            ]
            for task in scaling.TASKS
            for optimizer in scaling.OPTIMIZERS
        },
    }


def plan() -> dict[str, Any]:
    """The best rate of each task of the tuning benchmark, beside what a plan says without running anything."""
    import plan as planning
    from frozen import load

    advice = json.loads(planning.FROZEN.read_text())
    found = list[dict[str, Any]]()
    for name, given in advice.items():
        task = load(name)
        kept = {key: given[key] for key in ("optimizer", "own", "torch", "plan", "low", "high")}
        found.append({"task": name, **kept, "best": planning.best_rate(task)})
    return {"tasks": found}


def cost() -> dict[str, Any]:
    """Median regret in seed deviations, its 90 % interval, and the runs that it costs, over all twelve tasks."""
    import table
    from frozen import load
    from lines import read
    from scoring import reference_of
    from suite import TASKS

    references = {task.name: reference_of(load(task.name)) for task in TASKS if task.half}
    kept = read(table.KEPT)
    found = dict[str, Any]()
    for rival in RIVALS:
        row = table.row_of(rival, [line for line in kept if line["rival"] == rival], references)
        found[rival] = {"runs": row.runs, "regret": row.median_sd, "percent": row.median, "failures": row.failures[0]}
    return found
