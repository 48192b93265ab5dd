"""What a study costs in time beside the steps that it makes: wall and processor time, start-ups counted (resumable).

    python benchmarks/wall_time/measure.py --epochs 20 100

Each script is trained once as it is and then tuned by the command line. The ratio is the time of the study over (its
`total_runs` x the time of the plain run): 1 is what the steps alone cost. A start-up is a process that runs the script
from its beginning; a branch is none. Processor time is that of all processes, orphans included.
What is in `results.jsonl` is not measured again; the table of `benchmarks/README.md` is printed from it.
"""

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"
SCRIPTS: dict[str, tuple[str, ...]] = {
    "plain torch": ("plain.py",),
    "plain torch, two loader workers": ("plain.py", "2"),
    "accelerate": ("accelerate_loop.py",),
    "Hugging Face Trainer": ("transformers_trainer.py",),
    "Lightning": ("lightning_trainer.py",),
    "Lightning, two loader workers": ("lightning_trainer.py", "2"),
    "fastai": ("fastai_learner.py",),
}
_SUBREAPER = 36  # of prctl: whoever loses its parent becomes a child of this process, so that its time is counted


def timed(command: Sequence[str], folder: Path) -> tuple[float, float, str]:
    """Wall and processor seconds of a command and of all that came of it, and what it printed."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    wall = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    with suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    return wall, used, done.stdout


def measured(name: str, epochs: int) -> dict[str, Any]:
    """One script, plain and tuned, each in an empty folder."""
    script, *arguments = SCRIPTS[name]
    line = (script, str(epochs), *arguments)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home = Path(folder, "scripts")
        shutil.copytree(HERE / "scripts", home)
        plain = timed([sys.executable, *line], home)
        tune = [sys.executable, "-m", "ratecraft.cli.main", "tune", "--json", line[0], "--", *line[1:]]
        wall, used, told = timed(tune, home)
        logs = list(home.glob(".ratecraft/*/logs/*.log"))
    cost = json.loads(told)["cost"]
    return {
        "script": name,
        "epochs": epochs,
        "plain": plain[:2],
        "study": (wall, used),
        "total_runs": cost["total_runs"],
        "start_ups": sum(log.name.count(".") == 1 for log in logs),
        "branches": sum(log.name.count(".") > 1 for log in logs),
        "load": os.getloadavg()[1],
    }


def row(result: dict[str, Any]) -> str:
    """One line of the table."""
    ratios = [
        study / (result["total_runs"] * plain) for study, plain in zip(result["study"], result["plain"], strict=True)
    ]
    cells = (
        result["script"],
        result["epochs"],
        f"{result['plain'][0]:.0f} ({result['plain'][1]:.0f})",
        f"{result['study'][0]:.0f} ({result['study'][1]:.0f})",
        f"{result['total_runs']:.2f}",
        result["start_ups"],
        result["branches"],
        f"{ratios[0]:.2f}",
        f"{ratios[1]:.2f}",
        f"{result['load']:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Measure what is not measured yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, nargs="+", default=[20], help="48 steps each")
    parser.add_argument("--scripts", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    known = (
        [json.loads(line) for line in arguments.results.read_text().splitlines()] if arguments.results.exists() else []
    )
    print(
        "| script | epochs | plain s (CPU) | study s (CPU) | total runs | starts | branches | ratio | by CPU | load |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for epochs in arguments.epochs:
        for name in arguments.scripts:
            result = next((each for each in known if (each["script"], each["epochs"]) == (name, epochs)), None)
            if result is None:
                result = measured(name, epochs)
                with arguments.results.open("a") as results:
                    results.write(json.dumps(result) + "\n")
            print(row(result), flush=True)


if __name__ == "__main__":
    main()
