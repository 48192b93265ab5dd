"""Trains every case on every task of the design half, and packs what was seen.

    OMP_NUM_THREADS=1 python benchmarks/faulty_runs/record.py [TASK …]   # what is missing; kill it at any time

Path:   cases × tasks × seeds -> one line of JSON a run in build/faulty_runs/.
"""

import argparse
import json
from pathlib import Path

from cases import BEST, CASES
from tracing import trace

BUILD = Path("build/faulty_runs")
IMPOSSIBLE = {("source_gru", "few-samples"), ("source_gru", "noisy-labels"), ("topics_mlp", "noisy-labels")}
"""What a task's data do not allow: a single pass needs them all, and text has no labels."""


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=list(BEST))
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seeds):
        for task in args.tasks:
            path = BUILD / f"{task}-{seed}.jsonl"
            done = {json.loads(line)["case"] for line in path.read_text().splitlines()} if path.exists() else set()
            for case in CASES:
                if case.name not in done and (task, case.change) not in IMPOSSIBLE:
                    series = trace(task, case, BEST[task], seed)
                    with path.open("a") as file:
                        file.write(json.dumps({"task": task, "case": case.name, "seed": seed, "series": series}) + "\n")


if __name__ == "__main__":
    main()
