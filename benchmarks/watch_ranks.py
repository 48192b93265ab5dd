"""What a watch and a guard cost a step of a DDP script: the marks of the ranks, and the exchange between guards.

    python benchmarks/watch_ranks.py [--steps 200] [--pairs 15]

A small DDP script (gloo) trains pass by pass in turn: on its own, watched, watched with marks (as `ratecraft watch`
marks each of several ranks), guarded by what a rank reads alone, and guarded with an exchange at every step, as it is
with several ranks. All are hooks in the same processes, put on for a pass and taken away; medians over the rounds, in
microseconds of processor time of the first process. A pass has the looks and marks of a run of its length, which are
densest at the beginning. At one rank there is nobody to mark or to ask: the same code is run to see its own work.
`living modules` is one search for all modules of the process, which the first mark makes where a wrapper was made
before the watch, as here.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

CASES = ("alone", "watched", "marked", "guarded", "exchanged")


class _LetsBe:
    """What `Agreement` tells."""

    def note(self, code: str, **values: object) -> None:
        """Not kept."""

    def refuse(self, kind: str, name: str) -> None:
        """Not heeded."""


def rank(steps: int, rounds: int, width: int) -> None:
    """One process of the group; the first one prints a line a round."""
    import torch
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    from ratecraft.training.instrument.agreement import Agreement

    distributed: Any = torch.distributed
    ranks = int(os.environ["WORLD_SIZE"])
    agreement = Agreement(ranks)
    agreement.follow(_LetsBe())
    distributed.init_process_group("gloo")
    torch.set_num_threads(1)
    torch.manual_seed(distributed.get_rank())
    model = DistributedDataParallel(nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    inputs = torch.randn(32, width)

    def pass_over(case: str) -> float:
        with ExitStack() as hooks:
            _hook(case, ranks, agreement, hooks)
            began = time.process_time()
            for _ in range(steps):
                loss = model(inputs).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            taken = time.process_time() - began
        distributed.barrier()
        return 1e6 * taken / steps

    for case in CASES:
        pass_over(case)  # warms up
    for _ in range(rounds):
        taken = [pass_over(case) for case in CASES]
        if distributed.get_rank() == 0:
            print(*taken, _search(), flush=True)
    distributed.destroy_process_group()


def _hook(case: str, ranks: int, agreement: Any, hooks: ExitStack) -> None:
    """Put on what a watch puts on, as its worker does."""
    from ratecraft.training.observing.agreeing import Agreeing
    from ratecraft.training.observing.bounded_sensor import BoundedSensor
    from ratecraft.training.observing.each_rank.marking import Marking
    from ratecraft.training.observing.error_boundary import ErrorBoundary
    from ratecraft.watching.guard import Guard, policy_of, settings_of

    if case == "alone":
        return
    boundary = ErrorBoundary(_raised)
    if case == "marked":
        hooks.callback(Marking(lambda facts: None, ranks, boundary).close)
    policy = policy_of(**settings_of(Guard())) if case in ("guarded", "exchanged") else None
    agreeing = Agreeing(agreement.exchange) if case == "exchanged" else None
    sensor = BoundedSensor(boundary, lambda piece: None, 10, policy, holds=True, agreeing=agreeing)
    sensor.follow_all()
    hooks.callback(sensor.close)


def _raised(error: Exception) -> None:
    raise error


def _search() -> float:
    """Microseconds of a search for all modules."""
    from ratecraft.training.instrument.state import living_modules

    began = time.process_time()
    living_modules()
    return 1e6 * (time.process_time() - began)


def measured(ranks: int, steps: int, rounds: int, width: int) -> list[list[float]]:
    """What each round took, case by case."""
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks), __file__, "--rank"]
    words += ["--steps", str(steps), "--pairs", str(rounds), "--width", str(width)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def main() -> None:
    """Measure, and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=15, help="rounds of all cases")
    parser.add_argument("--width", type=int, default=64, help=argparse.SUPPRESS)
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.rank:
        rank(given.steps, given.pairs, given.width)
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {given.pairs} rounds of {given.steps} steps")
    print(f"{'a step, µs':<28} {'alone':>8} " + " ".join(f"{f'{case} +':>12} {'ratio':>6}" for case in CASES[1:]))
    searches = list[float]()
    for ranks, width in ((1, 64), (2, 64), (1, 768), (2, 768)):
        rounds = measured(ranks, given.steps if width < 100 else given.steps // 4, given.pairs, width)
        alone = statistics.median(each[0] for each in rounds)
        cells = list[str]()
        for at in range(1, len(CASES)):
            added = statistics.median(each[at] - each[0] for each in rounds)
            cells.append(f"{added:12.0f} {statistics.median(each[at] / each[0] for each in rounds):6.3f}")
        name = f"{ranks} {'process' if ranks == 1 else 'processes'}, width {width}"
        print(f"{name:<28} {alone:8.0f} {' '.join(cells)}", flush=True)
        searches += [each[-1] for each in rounds]
    print(f"living modules: {statistics.median(searches):.0f} µs a search")


if __name__ == "__main__":
    main()
