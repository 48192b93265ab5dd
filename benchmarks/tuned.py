"""Tune the example scripts at their real sizes, several seeds each: the script as it is against what ratecraft gives.

    python benchmarks/tuned.py --seeds 0 1 2

Each study runs in a folder of its own and is kept as one line of JSON in `--results`; a line that is there is not run
again, so that the command can be stopped and started. Prints the table of `benchmarks/README.md`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = ("mnist_cnn.py", "char_transformer.py", "source_gru.py")


def study(script: str, seed: int) -> dict[str, Any]:
    """One whole study by the command line, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(EXAMPLES / script, folder)
        command = [sys.executable, "-m", "ratecraft.cli.main", "tune", script, "--json", "--seed", str(seed)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        sys.exit(f"{script}, seed {seed}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return {"script": script, "seed": seed, **json.loads(done.stdout)}


def row(result: dict[str, Any]) -> str:
    """One line of the table of all studies."""
    before, after, cost = result["baseline"]["final"], result["tuned"]["final"], result["cost"]
    cells = (
        result["script"],
        result["seed"],
        f"{before:.4f}",
        f"{after:.4f}",
        f"{100 * (after / before - 1):+.1f} %",
        result["verdict"],
        f"{result['rate']:.2g}",
        f"{cost['runs']:.2f}",
        f"{cost['total_runs']:.2f}",
        f"{cost['seconds']:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def summary(script: str, results: list[dict[str, Any]]) -> str:
    """One line of the table of medians: change of the final figure with its range, and the costs."""
    changes = [100 * (each["tuned"]["final"] / each["baseline"]["final"] - 1) for each in results]
    runs = [each["cost"]["runs"] for each in results]
    total = [each["cost"]["total_runs"] for each in results]
    change = f"{statistics.median(changes):+.1f} % ({min(changes):+.1f} … {max(changes):+.1f})"
    cells = (script, len(results), change, f"{statistics.median(runs):.2f}", f"{statistics.median(total):.2f}")
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Run what is missing, print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--scripts", nargs="+", default=SCRIPTS)
    parser.add_argument("--results", type=Path, default=Path("build/tuned.jsonl"))
    parser.add_argument("--at-a-time", type=int, default=1)
    arguments = parser.parse_args()

    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    known = (
        [json.loads(line) for line in arguments.results.read_text().splitlines()] if arguments.results.exists() else []
    )
    wanted = [(script, seed) for script in arguments.scripts for seed in arguments.seeds]
    missing = [each for each in wanted if each not in {(result["script"], result["seed"]) for result in known}]
    with ThreadPoolExecutor(arguments.at_a_time) as pool:
        for result in pool.map(lambda each: study(*each), missing):
            known.append(result)
            with arguments.results.open("a") as file:
                file.write(json.dumps(result) + "\n")
            print(row(result), file=sys.stderr, flush=True)

    results = [result for each in wanted for result in known if (result["script"], result["seed"]) == each]
    print("| script | seed | baseline | tuned | change | verdict | rate | cost.runs | total runs | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(row(result) for result in results))
    print("\n| script | seeds | change of the final figure, median (range) | cost.runs | total runs |")
    print("|---|---|---|---|---|")
    for script in arguments.scripts:
        print(summary(script, [result for result in results if result["script"] == script]))


if __name__ == "__main__":
    main()
