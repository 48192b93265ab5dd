"""What a study costs in runs, by the length of the run and by how jobs come to their first step (5 min).

    python benchmarks/cost_by_length.py --steps 400 800 2000 5000 10000

One real script, made small so that long runs are affordable: what is counted is optimizer steps, not seconds. Forks
are the default at one thread on Linux; at two threads every job is replayed from step 0. Prints the table of
`benchmarks/README.md`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[1] / "examples" / "char_transformer.py"
SMALL = ("--batch-size", "4", "--context", "16")
WAYS = {"fork": ("--threads", "1"), "replay": ("--threads", "2")}


def study(steps: int, way: str) -> dict[str, Any]:
    """One whole study by the command line, in an empty folder."""
    own = ("--steps", str(steps), "--warmup", str(steps // 10), "--eval-every", str(max(1, steps // 16)), *SMALL)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(SCRIPT, folder)
        command = [sys.executable, "-m", "ratecraft.cli.main", "tune", *WAYS[way], "--json", SCRIPT.name, "--", *own]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        sys.exit(f"{steps} steps, {way}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def row(steps: int, way: str, result: dict[str, Any]) -> str:
    """One line of the table."""
    cost, before, after = result["cost"], result["baseline"]["final"], result["tuned"]["final"]
    cells = (
        steps,
        way,
        result["verdict"],
        f"{cost['runs']:.2f}",
        f"{cost['total_runs']:.2f}",
        f"{before:.3f}",
        f"{after:.3f}",
        f"{cost['seconds']:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Run every length both ways, print the table line by line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=[400, 800, 2000, 5000, 10000])
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    arguments = parser.parse_args()
    print("| steps | way | verdict | cost.runs | total runs | baseline | tuned | seconds |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for steps in arguments.steps:
        for way in arguments.ways:
            print(row(steps, way, study(steps, way)), flush=True)


if __name__ == "__main__":
    main()
