"""What the host costs a step at 1 and 2 processes, and how long a group takes to its first step.

    python benchmarks/ranks.py [--steps 200] [--pairs 15] [--starts 5]

A small DDP script trains pass by pass in turn with the hooks at work and on its own, as in `host.py`: medians over the
pairs, in microseconds of processor time of the first process, its losses agreed with the other's in the pass with
hooks. The start-up is what all processes take to the end of the first step, in seconds of their processor time, the
same script started by torchrun in turn with a group of ours.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from host import SCHEDULE, Silent

from ratecraft.api.programs.launchers import torchrun_variables
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.program import Entry
from ratecraft.training.processes.launcher import fresh_python
from ratecraft.training.processes.wire import Start
from ratecraft.training.ranks.starting import group_run

SCRIPT = """
import gc, sys, time
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

steps, pairs, width = map(int, sys.argv[1:])
dist.init_process_group("gloo")
torch.manual_seed(dist.get_rank())
model = DistributedDataParallel(nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
inputs = torch.randn(32, width)

def pass_over(count):
    began = time.process_time()
    for _ in range(count):
        loss = model(inputs).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return 1e6 * (time.process_time() - began) / count

pass_over(1)
if not pairs:
    sys.exit()
pass_over(steps)
host = next((each for each in gc.get_objects() if type(each).__name__ == "Host"), None)
for _ in range(pairs):
    times = []
    for active in (False, True):
        if host is not None:
            host.active = active
        times.append(pass_over(steps))
    if dist.get_rank() == 0:
        print(*times, flush=True)
"""


def environment(**more: str) -> dict[str, str]:
    """One thread, as in a study."""
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


def hosted(script: Path, ranks: int, arguments: tuple[str, ...], to: int | None = None) -> list[tuple[float, float]]:
    """Microseconds a step on its own, and with the hooks at work, pair by pair; none where it stops after a step."""
    log, folder = script.with_suffix(".log"), str(script.parent)
    log.unlink(missing_ok=True)
    variables = torchrun_variables(ranks)
    entry = Entry(processes=ranks, variables=variables)
    start = Start(script.name, arguments, folder, first_writes=f"{folder}/first", entry=entry)
    run = group_run(start, environment(**variables), log, Silent(), start_timeout=600.0, launch=fresh_python)
    passage = run.advance({"rate": SCHEDULE}, to, StopRule())
    if passage.failure is not None:
        raise SystemExit(f"{passage.failure}")
    if to is None:
        run.evaluate(Evaluate("natural"))
    run.close()
    pairs = [line.split() for line in log.read_text().splitlines()]
    return [(float(alone), float(hooked)) for alone, hooked in pairs]


def torchrun(script: Path, ranks: int, arguments: tuple[str, ...]) -> None:
    """The script, started as at home."""
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks), str(script)]
    subprocess.run([sys.executable, *words, *arguments], check=True, env=environment(), capture_output=True)


def processor_seconds(act: Callable[[], object]) -> float:
    """What the processes take that are started and waited for meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {given.pairs} pairs of {given.steps} steps")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(SCRIPT)
        print(f"{'a step, µs':<28} {'alone':>8} {'added':>8} {'ratio':>8}")
        for ranks, width in ((1, 64), (2, 64), (1, 768), (2, 768)):
            steps = given.steps if width < 100 else given.steps // 4
            pairs = hosted(script, ranks, (str(steps), str(given.pairs), str(width)))
            alone = statistics.median(each for each, _ in pairs)
            added = statistics.median(hooked - each for each, hooked in pairs)
            ratio = statistics.median(hooked / each for each, hooked in pairs)
            print(f"{f'{ranks} processes, width {width}':<28} {alone:8.0f} {added:8.0f} {ratio:8.3f}", flush=True)
        print(f"{'to the first step, s':<28} {'torchrun':>8} {'ours':>8} {'ratio':>8}")
        for ranks in (1, 2):
            told = list[tuple[float, float]]()
            for _ in range(given.starts):
                bare = processor_seconds(partial(torchrun, script, ranks, ("1", "0", "64")))
                ours = processor_seconds(partial(hosted, script, ranks, ("1", "0", "64"), to=1))
                told.append((bare, ours))
            medians = [statistics.median(column) for column in zip(*told, strict=True)]
            ratio = statistics.median(ours / bare for bare, ours in told)
            print(f"{f'{ranks} processes':<28} {medians[0]:8.2f} {medians[1]:8.2f} {ratio:8.3f}", flush=True)


if __name__ == "__main__":
    main()
