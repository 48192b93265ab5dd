"""Tier A: the tuner on the frozen curves of the oracle, in seconds.

    python benchmarks/tuning/tier_a.py                   # the design half
    python benchmarks/tuning/tier_a.py --half held-out   # counts as one of three looks: note it in decisions.md

Path:   frozen/TASK.json.gz -> whole studies by replay -> regret and cost, a row a task.
"""

import argparse
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from frozen import Frozen, is_complete, load
from replay import World, follow
from scoring import Reference, Regret, failed, reference_of, regret_of
from suite import TASKS, Task

from ratecraft.controllers.settings import TunerSettings

__all__ = ["MODES", "Played", "play", "summary"]

MODES = {
    "default": TunerSettings.usual("fork"),
    "cheap": TunerSettings.usual("fork", mode="cheap"),
    "thorough": TunerSettings.usual("fork", budget=3),
    "default, by replay": TunerSettings.usual("replay"),
}
"""Each way of tuning that is held against the others."""


@dataclass(frozen=True)
class Played:
    """One study by replay."""

    task: str
    seed: int
    mode: str
    octave: float | None
    loss: float
    runs: float
    regret: Regret


def play(task: Task, frozen: Frozen, reference: Reference, mode: str) -> Iterator[Played]:
    """One study a seed."""
    for seed in frozen.seeds:
        world = World(frozen, seed, loader=task.loader, single_pass=task.single_pass)
        followed = follow(world, MODES[mode])
        answer = followed.answer
        loss = answer.tuned.final if answer.tuned and answer.tuned.final is not None else float("inf")
        octave = None if answer.rate is None else world.octave(answer.rate)
        yield Played(task.name, seed, mode, octave, loss, followed.runs, regret_of(loss, seed, reference))


def summary(played: Iterable[Played]) -> str:
    """A line of the table: the median and the worst regret, failures, and what it cost."""
    rows = list(played)
    shares, sds = [100 * row.regret.share for row in rows], [row.regret.in_sd for row in rows]
    cells = (
        f"{statistics.median(shares):+.2f}",
        f"{max(shares):+.2f}",
        f"{statistics.median(sds):+.2f}",
        f"{max(sds):+.2f}",
        f"{sum(failed(row.regret) for row in rows)} / {len(rows)}",
        f"{statistics.mean(row.runs for row in rows):.2f}",
        " ".join("-" if row.octave is None else f"{row.octave:+.1f}" for row in rows[:8]),
    )
    return " | ".join(cells)


def main() -> None:
    """Play every task of a half in every mode, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("design", "held-out"), default="design")
    parser.add_argument("--modes", nargs="+", choices=tuple(MODES), default=tuple(MODES))
    arguments = parser.parse_args()
    tasks = [each for each in TASKS if each.half == arguments.half and is_complete(each.name)]
    print("| mode | task | regret %, median | worst | in seed-sd, median | worst | failures | runs | octaves by seed |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows: dict[str, list[Played]] = {mode: [] for mode in arguments.modes}
    for task in tasks:
        frozen = load(task.name)
        reference = reference_of(frozen)
        for mode in arguments.modes:
            played = list(play(task, frozen, reference, mode))
            rows[mode] += played
            print(f"| {mode} | {task.name} | {summary(played)} |")
    for mode, played in rows.items():
        print(f"| {mode} | **all** | {summary(played)} |")


if __name__ == "__main__":
    main()
