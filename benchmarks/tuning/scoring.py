"""Regret, failures and intervals: the arithmetic of the table, and nothing else.

Path:   frozen tasks -> a reference for each seed; results -> regret -> medians with bootstrap intervals.
Units:  regret is a share of the reference loss; `in_sd` is the same in seed standard deviations of the reference.
Source: the reference is the best of all trained schedules, warm-ups and rates, chosen on all seeds and scored on each
        half of them. Longer warm-ups were trained with seeds 0 and 1 only, so the halves are (0, 2) and (1, 3): each
        has one of them. The best of many is lucky: simulated with the grids of 17 tasks and the noise of each of their
        runs, by 0.41 sd in the mean and in the median (0.08 to 0.71 by task), which is taken off (`LUCK`). To choose on
        the other half alone, as the first edition did, takes runs for the best that one seed was lucky with at the edge
        of stability: 0.4 sd above the best in the median, and 8 sd on one task.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from frozen import Frozen, last
from warm_ups import LEVELS, name_at

__all__ = ["FAILED", "Reference", "Regret", "bootstrap", "failed", "reference_of", "regret_of"]

CELLS = ("constant", "cosine", "linear", "own", *(name_at("linear", level) for level in LEVELS[1:]))
"""What the best is chosen from: schedules, and the linear one with longer warm-ups."""
LUCK = 0.4
"""Seed standard deviations by which the best of a grid is lucky."""
FAILED = (0.05, 3.0)
"""A failure is worse than both: a share of the loss, and so many seed standard deviations."""


@dataclass(frozen=True)
class Reference:
    """What a task's results are held against: the loss for each seed, and the standard deviation over seeds."""

    losses: Mapping[int, float]
    sd: float


@dataclass(frozen=True)
class Regret:
    """How far a result is from the reference: as a share of it, and in its seed standard deviations."""

    share: float
    in_sd: float


def halves(seeds: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The seeds in two halves: the even and the odd ones.

    Example:
        >>> halves((0, 1, 2, 3))
        ((0, 2), (1, 3))
    """
    return tuple(seed for seed in seeds if seed % 2 == 0), tuple(seed for seed in seeds if seed % 2)


def finals(task: Frozen) -> dict[tuple[str, float], dict[int, float]]:
    """Every trained run that both halves have: name and octave to seed to last loss."""
    found: dict[tuple[str, float], dict[int, float]] = {}
    for name in CELLS:
        for seed in task.seeds:
            for octave, run in task.runs.get((name, seed), {}).items():
                found.setdefault((name, octave), {})[seed] = last(run)
    both = halves(task.seeds)
    return {cell: losses for cell, losses in found.items() if all(losses.keys() & half for half in both)}


def reference_of(task: Frozen) -> Reference:
    """The reference of a task: its best run, scored on each half of the seeds, and the noise of its three best."""
    ranked = sorted(finals(task).values(), key=lambda each: mean_over(each, task.seeds))
    whole = [list(each.values()) for each in ranked if len(each) == len(task.seeds)][:3]
    sd = math.sqrt(np.mean([np.var(each, ddof=1) for each in whole]))
    losses = {seed: mean_over(ranked[0], half) + LUCK * sd for half in halves(task.seeds) for seed in half}
    return Reference(losses, sd)


def mean_over(losses: Mapping[int, float], seeds: Sequence[int]) -> float:
    """The mean over those of the seeds that are there; infinite where none is."""
    there = [losses[seed] for seed in seeds if seed in losses]
    return sum(there) / len(there) if there else math.inf


def regret_of(loss: float, seed: int, reference: Reference) -> Regret:
    """The regret of a result; infinite where it has no number.

    Example:
        >>> regret_of(1.5, 0, Reference({0: 1.0}, 0.25))
        Regret(share=0.5, in_sd=2.0)
    """
    away = loss - reference.losses[seed]
    return Regret(away / reference.losses[seed], away / reference.sd)


def failed(regret: Regret) -> bool:
    """Whether a result is a failure, not only a loss.

    Example:
        >>> failed(Regret(0.06, 3.5)), failed(Regret(0.06, 1.0)), failed(Regret(math.inf, math.inf))
        (True, False, True)
    """
    return regret.share > FAILED[0] and regret.in_sd > FAILED[1]


def bootstrap(
    values: Mapping[tuple[str, int], float],
    statistic: Callable[[Sequence[float]], float],
    *,
    seed: int = 0,
    draws: int = 1000,
    share: float = 0.9,
) -> tuple[float, float]:
    """An interval of a statistic over tasks and seeds: tasks are drawn anew, and within each its seeds.

    The draws depend on the seed and the names only, so that two rivals with results for the same tasks and seeds are
    drawn alike: their intervals are paired.
    """
    tasks = sorted({task for task, _ in values})
    seeds = {task: sorted(each for name, each in values if name == task) for task in tasks}
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        drawn = [tasks[place] for place in random.integers(len(tasks), size=len(tasks))]
        sample = [
            values[task, seeds[task][place]]
            for task in drawn
            for place in random.integers(len(seeds[task]), size=len(seeds[task]))
        ]
        found.append(statistic(sample))
    low, high = np.quantile(found, ((1 - share) / 2, (1 + share) / 2), method="nearest")
    return float(low), float(high)
