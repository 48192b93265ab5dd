"""Our classic searches on the frozen oracle, beside the rivals of `policies.py` that do the same.

    OMP_NUM_THREADS=1 python benchmarks/tuning/searches.py                    # the design half: minutes
    OMP_NUM_THREADS=1 python benchmarks/tuning/searches.py --seeds 0 --draws 4

Path:   frozen/TASK.json.gz -> whole searches by replay -> regret and cost, a row a way.
Units:  cost is runs (steps / horizon), the baseline not in it; regret is in % of the reference loss, and in seed-sd.

A pair of rows says the same where a controller of ours samples as its rival does. ASHA differs on purpose: every score
of ours is of a run that was cooled down, and a trial goes on from where the cool-down left it.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from frozen import Frozen, is_complete, load
from policies import POLICIES
from replay import World
from scoring import Reference, failed, reference_of, regret_of
from suite import TASKS, Task

from ratecraft.controllers.search import Search
from ratecraft.controllers.search_settings import Method, SearchSettings
from ratecraft.controllers.search_space import Parameter, Space
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.tuning.optuna_study import suggest

__all__ = ["SEARCHES", "Searched", "searched"]

_WIDE = 100.0
"""× and ÷ the script's own rate: the range of all rivals."""
_GRID = (-1.5, -0.5, 0.5, 1.5)
"""Decades from the script's own rate, as in `policies.py`."""

Settings = Callable[[Frozen, int], SearchSettings]


@dataclass(frozen=True)
class Searched:
    """What a search kept: its octave, the last loss of that run, and all that was spent, in runs."""

    octave: float
    loss: float
    runs: float


def over(method: Method, trials: int | None = None) -> Settings:
    """A search over the rate, as wide as the rivals'."""

    def settings(task: Frozen, draw: int) -> SearchSettings:
        rate = Parameter(name="rate", low=task.rate / _WIDE, high=task.rate * _WIDE, is_log=True)
        return SearchSettings(method=method, space=Space((rate,)), trials=trials, seed=draw, branching="fork")

    return settings


def grid(task: Frozen, draw: int) -> SearchSettings:
    """The grid of four that nobody tuned."""
    rates = tuple(task.rate * 10**decades for decades in _GRID)
    return SearchSettings(method="grid", space=Space((Parameter(name="rate", choices=rates),)), branching="fork")


SEARCHES: Mapping[str, tuple[Settings, str]] = {
    "grid of 4": (grid, "grid of 4"),
    "random 4": (over("random", 4), "random 4"),
    "random 8": (over("random", 8), "random 8"),
    "random 16": (over("random", 16), "random 16"),
    "Sobol 8": (over("sobol", 8), ""),
    "Sobol 16": (over("sobol", 16), ""),
    "TPE 8": (over("tpe", 8), "TPE 8"),
    "TPE 16": (over("tpe", 16), "TPE 16"),
    "GP 16": (over("gp", 16), ""),
    "ASHA 16, annealed": (over("asha", 16), "ASHA 16"),
    "Hyperband, annealed": (over("hyperband"), ""),
}
"""Each way of ours, and its rival; empty where it has none."""


def searched(task: Task, frozen: Frozen, settings: SearchSettings, seed: int) -> Searched:
    """Drive a search to its answer, one job at a time."""
    world = World(frozen, seed, loader=task.loader, single_pass=task.single_pass)
    search = Search(settings, suggest)
    state, steps = search.init(), 0
    while True:
        wanted = search.wanted(state, 1)
        if isinstance(wanted, Answer):
            break
        for each in wanted:
            state = search.observe(state, each)
            outcome = world.outcome(each.job)
            state = search.observe(state, Finished(outcome, 1))
            steps += 0 if each.phase == "baseline" else outcome.steps
    loss = wanted.tuned.final if wanted.tuned else None
    octave = 0.0 if wanted.rate is None else world.octave(wanted.rate)
    return Searched(octave, math.inf if loss is None else loss, steps / frozen.steps)


def results(
    name: str, tasks: Mapping[str, tuple[Task, Frozen, Reference]], seeds: tuple[int, ...], draws: int, *, rival: bool
) -> Iterator[tuple[float, float, bool, float]]:
    """Regret in %, in seed-sd, whether it failed, and runs: of every task, seed and draw."""
    settings, policy = SEARCHES[name]
    for task, frozen, reference in tasks.values():
        for seed in seeds:
            for draw in range(1 if name.startswith("grid") else draws):
                if rival:
                    played = POLICIES[policy][0](frozen, seed, draw)
                    loss, runs = played.loss, played.runs
                else:
                    found = searched(task, frozen, settings(frozen, draw), seed)
                    loss, runs = found.loss, found.runs
                regret = regret_of(loss, seed, reference)
                yield 100 * regret.share, regret.in_sd, failed(regret), runs


def main() -> None:
    """Play every search and its rival, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--ways", nargs="+", choices=tuple(SEARCHES), default=tuple(SEARCHES))
    arguments = parser.parse_args()
    half = [task for task in TASKS if task.half == "design" and is_complete(task.name)]
    loaded = {task.name: load(task.name) for task in half}
    tasks = {task.name: (task, loaded[task.name], reference_of(loaded[task.name])) for task in half}
    print("| way | whose | runs | regret, %, median | in seed-sd, median | failures |")
    print("|---|---|---|---|---|---|")
    for name in arguments.ways:
        for whose, rival in (("ours", False), ("rival", True)):
            if rival and not SEARCHES[name][1]:
                continue
            rows = list(results(name, tasks, tuple(arguments.seeds), arguments.draws, rival=rival))
            share, sds, lost, runs = zip(*rows, strict=True)
            print(
                f"| {name} | {whose} | {statistics.fmean(runs):.2f} | {statistics.median(share):+.1f} "
                f"| {statistics.median(sds):+.2f} | {sum(lost) / len(lost):.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
