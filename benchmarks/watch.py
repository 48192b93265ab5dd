"""What watching costs a training step: `python benchmarks/watch.py [--pairs 15]`.

Each loop trains in passes by turns, watched and on its own, in one process with one thread, so that a pair shares the
machine's mood. Printed are medians over the pairs: milliseconds of processor time of a step on its own, and by what
share watching makes it longer, with the quartiles. Looks at the whole run are in it, as many as a run of that length
has: they are densest at its beginning. The goals: 2 % of a step of 5 ms by default, 10 % with everything (`every=1`),
also with many small tensors.

`--own` measures the watch's own work instead, which a loaded machine blurs less: its hooks are called as torch calls
them, with no training between, and the processor time of this thread is taken; medians of three times 2,000 steps.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import nn

from ratecraft.api.watch.watch import EVERY, watch


def wide() -> nn.Module:
    """Few tensors: a step of some milliseconds."""
    return nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def deep() -> nn.Module:
    """Three hundred small tensors."""
    return nn.Sequential(*(nn.Sequential(nn.Linear(32, 32), nn.ReLU()) for _ in range(150)), nn.Linear(32, 10))


def tiny() -> nn.Module:
    """Nothing but overhead."""
    return nn.Linear(8, 10)


CASES: dict[str, tuple[Callable[[], nn.Module], int, int, int, bool]] = {  # model, inputs, batch, steps, clips
    "few tensors": (wide, 256, 192, 600, False),
    "few tensors, clipped": (wide, 256, 192, 600, True),
    "300 small tensors": (deep, 32, 16, 600, False),
    "one tiny layer": (tiny, 8, 8, 4000, False),
}


def passes(
    case: tuple[Callable[[], nn.Module], int, int, int, bool], every: int, pairs: int
) -> list[tuple[float, float]]:
    """Seconds of processor time a step, on its own and watched, pair by pair."""
    make, width, batch, steps, clips = case
    torch.manual_seed(0)
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    inputs, classes = torch.randn(batch, width), torch.randint(10, (batch,))

    def pass_over(is_watched: bool) -> float:
        began = time.process_time()
        with watch(optimizer, every=every, progress=False) if is_watched else nullcontext():
            for _ in range(steps):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(inputs), classes).backward()
                if clips:
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
        return (time.process_time() - began) / steps

    pass_over(False), pass_over(True)  # warms up
    return [(pass_over(False), pass_over(True)) for _ in range(pairs)]


def own_work(make: Callable[[], nn.Module], every: int, steps: int = 2000) -> float:
    """Seconds of this thread's processor time that the hooks take a step."""
    torch.manual_seed(0)
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    for each in model.parameters():
        each.grad = torch.randn_like(each)
    optimizer.step()
    losses = (2 + 0.1 * torch.randn(steps)).unbind()
    taken: list[float] = []
    for _ in range(3):
        with watch(optimizer, every=every, progress=False) as watched:
            sensor = watched._sensor  # noqa: SLF001
            began = time.thread_time()
            for loss in losses:
                sensor.backward(loss)
                sensor._before(optimizer, (optimizer,), {})  # noqa: SLF001
                sensor._after(optimizer)  # noqa: SLF001
            taken.append((time.thread_time() - began) / steps)
    return statistics.median(taken)


def print_own_work() -> None:
    """A line a model."""
    print(f"{'':<28} {'every':>5} {'µs a step':>10} {'of 5 ms':>8}")
    for name, make in (("few tensors", wide), ("300 small tensors", deep), ("one tiny layer", tiny)):
        for every in (EVERY, 1):
            taken = own_work(make, every)
            print(f"{name:<28} {every:>5} {1e6 * taken:>10.0f} {taken / 5e-3:>8.1%}")


def main() -> None:
    """Measure, and print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--own", action="store_true")
    options = parser.parse_args()
    pairs = options.pairs
    torch.set_num_threads(1)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {pairs} pairs, torch {torch.__version__}")
    if options.own:
        print_own_work()
        return
    print(f"{'':<28} {'every':>5} {'ms a step':>10} {'longer by':>10} {'quartiles':>18} {'µs a step':>10}")
    for name, case in CASES.items():
        for every in (EVERY, 1):
            measured = passes(case, every, pairs)
            alone = statistics.median(before for before, _ in measured)
            shares = [after / before - 1 for before, after in measured]
            low, middle, high = statistics.quantiles(shares, n=4)
            added = statistics.median(after - before for before, after in measured)
            spread = f"{low:+.1%} to {high:+.1%}"
            print(f"{name:<28} {every:>5} {1e3 * alone:>10.2f} {middle:>+10.1%} {spread:>18} {1e6 * added:>10.0f}")


if __name__ == "__main__":
    main()
