"""Our classic searches on the frozen oracle, beside `tune` and beside the rivals of `policies.py` that do the same.

    OMP_NUM_THREADS=1 python benchmarks/tuning/searches.py            # the design half: an hour; kill it at any time
    OMP_NUM_THREADS=1 python benchmarks/tuning/searches.py --table    # seconds: from the lines that were kept

Path:   frozen/TASK.json.gz -> whole searches by replay -> a line each -> regret and cost, a row a way.
Units:  cost is runs (steps / horizon), the baseline not in it; regret is in % of the reference loss, and in seed-sd.

A pair of rows says the same where a controller of ours samples as its rival does. ASHA differs on purpose: every score
of ours is of a run that was cooled down, and a trial goes on from where the cool-down left it. `methods.py` trains the
same searches for real.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frozen import Frozen, is_complete, load
from lines import append, read
from policies import POLICIES
from replay import follow, world_of
from scoring import Reference, reference_of
from suite import SEEDS, TASKS, Task
from table import row_of

from ratecraft.controllers.search.controller import Search
from ratecraft.controllers.search.settings import Method, SearchSettings
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.tuning.optuna_study import suggest

__all__ = ["KEPT", "SEARCHES", "TUNE", "Searched", "played", "rows_of", "searched"]

RESULTS = Path("build/tuning/searches.jsonl")
KEPT = Path(__file__).with_name("frozen") / "searches.jsonl.gz"
"""The lines that the table of the README is made of."""
TUNE = "tune"
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
    world = world_of(task, frozen, seed)
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


def played(way: str, whose: str, task: Task, frozen: Frozen, seed: int, draws: int) -> Iterator[dict[str, Any]]:
    """A line for every draw of a way on a task and a seed; what draws nothing is played once."""
    for draw in range(1 if way == TUNE or way.startswith("grid") else draws):
        if way == TUNE:
            followed = follow(world_of(task, frozen, seed), TunerSettings.usual("fork"))
            final = followed.answer.tuned.final if followed.answer and followed.answer.tuned else None
            loss, runs = math.inf if final is None else final, followed.runs
        elif whose == "ours":
            found = searched(task, frozen, SEARCHES[way][0](frozen, draw), seed)
            loss, runs = found.loss, found.runs
        else:
            rival = POLICIES[SEARCHES[way][1]][0](frozen, seed, draw)
            loss, runs = rival.loss, rival.runs
        told = loss if math.isfinite(loss) else None
        yield {"rival": f"{way}, {whose}", "task": task.name, "seed": seed, "draw": draw, "loss": told, "runs": runs}


def rows_of(lines: Sequence[Mapping[str, Any]], references: Mapping[str, Reference]) -> list[str]:
    """The table: a row a way, the cheapest first; draws of one task and seed count as one."""
    ways = dict.fromkeys(line["rival"] for line in lines)
    rows = [(row_of(way, mine, references), len(mine)) for way in ways for mine in [[*_of(way, lines)]]]
    heads = ["way", "runs", "regret, % (90 %)", "in seed-sd (90 %)", "95th percentile, %", "failures", "studies"]
    printed = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row, count in sorted(rows, key=lambda each: each[0].runs):
        in_percent, in_sd = ("{:+.1f} ({:+.1f} … {:+.1f})".format(*each) for each in (row.median, row.median_sd))
        cells = [row.rival, f"{row.runs:.2f}", in_percent, in_sd, f"{row.p95[0]:+.0f}", f"{row.failures[0]:.0%}"]
        printed.append(f"| {' | '.join(cells)} | {count} |")
    return printed


def _of(way: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (line for line in lines if line["rival"] == way)


def main() -> None:
    """Play what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--ways", nargs="+", choices=(TUNE, *SEARCHES), default=(TUNE, *SEARCHES))
    parser.add_argument("--table", action="store_true", help="only print the table, of what was kept")
    arguments = parser.parse_args()
    half = [task for task in TASKS if task.half == "design" and is_complete(task.name)]
    frozen = {task.name: load(task.name) for task in half}
    done = {(line["rival"], line["task"], line["seed"]) for line in read(RESULTS)}
    pieces = [(way, "ours") for way in arguments.ways]
    pieces += [(way, "rival") for way in arguments.ways if way != TUNE and SEARCHES[way][1]]
    for seed in SEEDS if not arguments.table else ():
        for way, whose in pieces:
            for task in half:
                if (f"{way}, {whose}", task.name, seed) not in done:
                    for line in [*played(way, whose, task, frozen[task.name], seed, arguments.draws)]:
                        append(RESULTS, line)
    references = {name: reference_of(each) for name, each in frozen.items()}
    print("\n".join(rows_of(read(KEPT if arguments.table else RESULTS), references)))


if __name__ == "__main__":
    main()
