"""Figures of the guide that other benchmarks have measured already: their frozen results, as plain numbers.

Path:   `batch.jsonl`, `plan.json` and the frozen oracle, `tuning/frozen/results.jsonl.gz` -> `frozen/<name>.json`.
        `scale` types the commands of its chapter.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
sys.path += [str(HERE.parent), str(HERE.parent / "tuning")]

__all__ = ["batch", "cost", "plan", "scale"]

NARROW, WIDE = (24, 48, 96), 384
"""Widths of the chapter on large runs."""
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


def scale() -> dict[str, Any]:
    """What `ratecraft scale` says of a wide net from three narrow ones, and the wide one at rates about that."""
    width = ("--width", str(WIDE))
    with TemporaryDirectory() as folder:
        shutil.copy(HERE / "scripts" / "letters.py", folder)
        asked = ("--vary", f"--width {{{','.join(map(str, NARROW))}}}", "--target", " ".join(width))
        law = typed(folder, "scale", "letters.py", *asked, "--seed-argument", "--seed", "--json")
        rates = [1e-3 * 2.0**octave for octave in range(7)]
        scores = [
            typed(
                folder,
                "search",
                "letters.py",
                "--method",
                "grid",
                "--rate",
                ",".join(map(repr, rates)),
                "--json",
                "--",
                *width,
                "--seed",
                seed,
            )["search"]["trials"]
            for seed in ("0", "1")
        ]
    by_rate = [{each["values"]["rate"]: each["score"] for each in seed} for seed in scores]
    return {"law": law, "rates": rates, "losses": [[seed[rate] for seed in by_rate] for rate in rates]}


def typed(folder: str, *words: str) -> dict[str, Any]:
    """What a command prints."""
    command = [sys.executable, "-m", "ratecraft.cli.main", *words]
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout)
