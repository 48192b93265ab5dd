"""What the host's hooks cost a training step: `python benchmarks/host.py [--steps 2000] [--rounds 7]`.

One script, run bare and hosted in turn, each in a fresh process; in each round the same loops are timed. Printed are the
medians of the rounds: a bare step, what the host adds to it, and their ratio. The goal is 25 µs a step with 2 groups.
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
from ratecraft.schedules.constructors import constant, linear, warmup
from ratecraft.training.script_run import ScriptRun
from ratecraft.training.wire import Start

SCRIPT = """
import sys, time
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

groups, steps, batch, width = map(int, sys.argv[1:])
torch.manual_seed(0)
model = nn.Sequential(*(nn.Linear(width, width) for _ in range(groups)))
optimizer = torch.optim.AdamW([{"params": layer.parameters()} for layer in model], lr=1e-4)
loader = DataLoader(TensorDataset(torch.randn(batch * steps, width)), batch_size=batch)

def pass_over():
    began = time.process_time()  # other processes may be at work beside
    for x, in loader:
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.process_time() - began) / steps

pass_over()
print("microseconds", 1e6 * min(pass_over() for _ in range(3)))
"""
CASES = {  # groups, batch, width
    "1 group": (1, 8, 16),
    "2 groups": (2, 8, 16),
    "8 groups": (8, 8, 16),
    "50 groups": (50, 8, 16),
    "2 groups, a step of milliseconds": (2, 256, 512),
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
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=True, env=environment()
    )
    return float(done.stdout.split()[-1])


def hosted(script: Path, arguments: tuple[str, ...]) -> float:
    """Microseconds a step under the host, which sets the rate at every step."""
    log = script.with_suffix(".log")
    log.unlink(missing_ok=True)
    folder = str(script.parent)
    run = ScriptRun(Start(script.name, arguments, folder, first_writes=f"{folder}/first"), environment(), log, Silent())
    run.advance({"rate": SCHEDULE}, None, StopRule())
    run.evaluate(Evaluate("natural"))
    run.close()
    return float(log.read_text().split()[-1])


def environment() -> dict[str, str]:
    """One thread, as in a study."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def main() -> None:
    """Measure, and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {arguments.rounds} rounds")
    print(f"{'':<34} {'bare, µs':>10} {'added, µs':>10} {'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(SCRIPT)
        for name, (groups, batch, width) in CASES.items():
            steps = arguments.steps if width < 100 else max(100, arguments.steps // 10)
            given = tuple(map(str, (groups, steps, batch, width)))
            rounds = [(bare(script, given), hosted(script, given)) for _ in range(arguments.rounds)]
            plain = statistics.median(each for each, _ in rounds)
            added = statistics.median(with_host - without for without, with_host in rounds)
            ratio = statistics.median(with_host / without for without, with_host in rounds)
            print(f"{name:<34} {plain:10.1f} {added:10.1f} {ratio:8.3f}")


if __name__ == "__main__":
    main()
