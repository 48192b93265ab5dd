"""What the host's hooks cost a training step: `python benchmarks/host.py [--steps 200] [--pairs 25]`.

Each loop runs in one hosted process, pass by pass in turn with the hooks at work (they set the rate at every step) and
with the script on its own, as it is in a forked child, so that a pair of passes shares the machine's mood. Printed are
medians over the pairs, in microseconds of processor time: a step on its own, what the hooks add to it, the ratio of
both; and, from a process without ratecraft, the same step bare. The goals: 25 µs a call of `optimizer.step` with 2
groups, 2 % of a training step of 5 ms.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Figure
from ratecraft.records.running import SeriesBlock
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.processes.wire import Start

SCRIPT = """
import gc, sys, time
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

groups, steps, pairs, batch, width = map(int, sys.argv[1:])
torch.manual_seed(0)
model = nn.Sequential(*(nn.Linear(width, width) for _ in range(groups)))
optimizer = torch.optim.AdamW([{"params": layer.parameters()} for layer in model], lr=1e-4)
loader = DataLoader(TensorDataset(torch.randn(max(1, batch) * steps, width)), batch_size=max(1, batch))

def train():
    for x, in loader:
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

def only_step():
    for _ in range(steps):
        optimizer.step()

def pass_over():
    began = time.process_time()  # other processes may be at work beside
    train() if batch else only_step()
    return 1e6 * (time.process_time() - began) / steps

train()

pass_over()
host = next((each for each in gc.get_objects() if type(each).__name__ == "Host"), None)
for _ in range(pairs):
    times = []
    for active in (False, True):
        if host is not None:
            host.active = active
        times.append(pass_over())
    print(*times)
"""
CASES = {  # groups, batch (0: nothing but calls of `optimizer.step`), width
    "only `step`, 1 group": (1, 0, 16),
    "only `step`, 2 groups": (2, 0, 16),
    "only `step`, 8 groups": (8, 0, 16),
    "only `step`, 50 groups": (50, 0, 16),
    "a tiny training step, 2 groups": (2, 8, 16),
    "a tiny training step, 50 groups": (50, 8, 16),
    "one of milliseconds, 2 groups": (2, 256, 512),
}
SCHEDULE = 1e-4 * (warmup(100) >> constant(1, 300)) >> linear(1e-4, 0, 10_000)


class Silent:
    """A listener that only listens."""

    def block(self, block: SeriesBlock) -> None:
        """Nothing."""

    def figure(self, figure: Figure) -> None:
        """Nothing."""

    def line(self, text: str) -> None:
        """Nothing."""


def bare(script: Path, arguments: tuple[str, ...]) -> float:
    """Microseconds a step without ratecraft."""
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return statistics.median(float(word) for word in done.stdout.split())


def hosted(script: Path, arguments: tuple[str, ...]) -> list[tuple[float, float]]:
    """Microseconds a step on its own, and with the hooks at work, pair by pair."""
    log, folder = script.with_suffix(".log"), str(script.parent)
    log.unlink(missing_ok=True)
    run = ScriptRun(Start(script.name, arguments, folder, first_writes=f"{folder}/first"), environment(), log, Silent())
    run.advance({"rate": SCHEDULE}, None, StopRule())
    run.evaluate(Evaluate("natural"))
    run.close()
    pairs = [line.split() for line in log.read_text().splitlines()]
    return [(float(alone), float(hooked)) for alone, hooked in pairs]


def environment() -> dict[str, str]:
    """One thread, as in a study."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def main() -> None:
    """Measure, and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=25)
    arguments = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {arguments.pairs} pairs of {arguments.steps} steps"
    )
    print(f"{'':<34} {'bare':>8} {'alone':>8} {'added':>8} {'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(SCRIPT)
        for name, (groups, batch, width) in CASES.items():
            steps = arguments.steps if width < 100 else arguments.steps // 10
            given = tuple(map(str, (groups, steps, arguments.pairs, batch, width)))
            pairs = hosted(script, given)
            alone = statistics.median(each for each, _ in pairs)
            added = statistics.median(hooked - each for each, hooked in pairs)
            ratio = statistics.median(hooked / each for each, hooked in pairs)
            print(f"{name:<34} {bare(script, given):8.1f} {alone:8.1f} {added:8.1f} {ratio:8.3f}")


if __name__ == "__main__":
    main()
