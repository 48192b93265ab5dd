"""Regret, failures and intervals: the arithmetic of the table, and nothing else.

Path:   frozen tasks -> a reference for each seed; results -> regret -> medians with bootstrap intervals.
Units:  regret is a share of the reference loss; `in_sd` is the same in seed standard deviations of the reference.
Source: the reference is split-half: the best of all trained schedules and rates is chosen on one half of the seeds and
        scored on the other, so that it isn't lucky.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from frozen import Frozen

__all__ = ["FAILED", "Reference", "Regret", "bootstrap", "failed", "reference_of", "regret_of"]

SCHEDULES = ("constant", "cosine", "linear")
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
    """The seeds in two halves.

    Example:
        >>> halves((0, 1, 2, 3))
        ((0, 1), (2, 3))
    """
    middle = len(seeds) // 2
    return tuple(seeds[:middle]), tuple(seeds[middle:])


def finals(task: Frozen) -> dict[tuple[str, float], dict[int, float]]:
    """Every trained run of the core: schedule and octave to seed to last loss."""
    found: dict[tuple[str, float], dict[int, float]] = {}
    for schedule in SCHEDULES:
        core = {octave for seed in task.seeds if seed for octave in task.octaves(schedule, seed)}
        for octave in core:
            for seed in task.seeds:
                if octave in task.octaves(schedule, seed):
                    found.setdefault((schedule, octave), {})[seed] = task.final(schedule, octave, seed)
    return found


def reference_of(task: Frozen) -> Reference:
    """The split-half reference of a task."""
    runs, losses = finals(task), {}
    for scored, chosen_on in (halves(task.seeds), halves(task.seeds)[::-1]):
        best = min(runs, key=lambda each: mean_over(runs[each], chosen_on))
        losses |= dict.fromkeys(scored, mean_over(runs[best], scored))
    ranked = sorted(runs.values(), key=lambda each: mean_over(each, task.seeds))
    whole = [list(each.values()) for each in ranked if len(each) == len(task.seeds)][:3]
    return Reference(losses, math.sqrt(np.mean([np.var(each, ddof=1) for each in whole])))


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
