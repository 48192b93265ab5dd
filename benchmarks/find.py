"""What `ratecraft find` costs: seconds on the example scripts, and processor time of a ramp's step against a bare one.

    python benchmarks/find.py
    python benchmarks/find.py --scripts mnist_cnn.py --seeds 0 1 2

Every search runs by the command line in an empty folder, one job at a time. The ramp's step is that of a hosted script
of milliseconds a step, in turn with steps of the same process that the hooks leave alone; its rates are so small that
the training stays what it is. Prints the figures of `benchmarks/README.md`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ratecraft.controllers.probing.ramp import ramp_job
from ratecraft.records.job import Job, StopRule
from ratecraft.records.outcome import Figure
from ratecraft.records.running import SeriesBlock
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.processes.wire import Start

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = ("mnist_cnn.py", "char_transformer.py", "source_gru.py")
STEPS = 20
SCRIPT = """\
import gc, statistics, sys, time
import torch

pairs, steps = map(int, sys.argv[1:])
torch.set_num_threads(1)
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 512))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)
batch = torch.randn(256, 512)

def pass_over():
    began = time.process_time()  # other processes may be at work beside
    for _ in range(steps):
        loss = model(batch).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return 1e6 * (time.process_time() - began) / steps

pass_over()
host = next(each for each in gc.get_objects() if type(each).__name__ == "Host")
for _ in range(pairs):
    times = []
    for host.active in (False, True):
        times.append(pass_over())
    print("pair", *times, flush=True)
pass_over()
"""


class Silent:
    """A listener that only listens."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def block(self, block: SeriesBlock) -> None:
        """Nothing."""

    def figure(self, figure: Figure) -> None:
        """Nothing."""

    def line(self, text: str) -> None:
        """Nothing."""


def environment() -> dict[str, str]:
    """One thread, as in a study."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def ramped(script: Path, pairs: int) -> list[tuple[float, float]]:
    """Microseconds of a step alone, and of a step of a ramp, pair by pair in one process."""
    log, folder = script.with_suffix(".log"), str(script.parent)
    job = ramp_job((1e-9, 1e-7), (pairs + 1) * STEPS, seed=0)
    arguments = (str(pairs), str(STEPS))
    run = ScriptRun(
        Start(script.name, arguments, folder, first_writes=f"{folder}/first"), environment(), log, Silent(job)
    )
    run.advance(job.schedules, job.stop, StopRule())
    run.close()
    lines = (line.split() for line in log.read_text().splitlines() if line.startswith("pair"))
    return [(float(alone), float(hooked)) for _, alone, hooked in lines]


def search(script: str, seed: int, *more: str) -> dict[str, Any]:
    """One whole search in an empty folder, with its wall time."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(EXAMPLES / script, folder)
        command = [sys.executable, "-m", "ratecraft.cli.main", "find", script, "--json", "--seed", str(seed), *more]
        began = time.monotonic()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
        wall = time.monotonic() - began
    return {**json.loads(done.stdout), "wall": wall}


def whole_run(script: str) -> float:
    """Seconds of the script as it is."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(EXAMPLES / script, folder)
        began = time.monotonic()
        subprocess.run([sys.executable, script], cwd=folder, capture_output=True, check=True, env=environment())
        return time.monotonic() - began


def row(script: str, seed: int, found: dict[str, Any], run: float) -> str:
    """One line of the table of searches."""
    low, high = found["interval"] or (float("nan"), float("nan"))
    rate = "–" if found["rate"] is None else f"{found['rate']:.2g}"
    cost = found["cost"]
    cells = (
        script,
        seed,
        found["verdict"],
        rate,
        f"{low:.2g} … {high:.2g}",
        len(found["probes"]),
        f"{cost['runs']:.2f}",
        f"{found['wall']:.0f}",
        f"{run:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", nargs="*", default=SCRIPTS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--pairs", type=int, default=25)
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| script | seed | verdict | rate | interval | probes | cost.runs | seconds | of one run |")
    print("|---|---|---|---|---|---|---|---|---|")
    for script in arguments.scripts:
        run = whole_run(script)
        for seed in arguments.seeds:
            print(row(script, seed, search(script, seed), run), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(SCRIPT)
        pairs = ramped(script, arguments.pairs)
    alone, hooked = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(hooked / alone for alone, hooked in pairs)
    print(
        f"\na step: alone {alone:.0f} µs, of a ramp {hooked:.0f} µs, ratio {ratio:.3f} (median of {len(pairs)} pairs)"
    )


if __name__ == "__main__":
    main()
