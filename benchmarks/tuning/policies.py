"""Rivals that need only full runs, played on the frozen oracle: what each would have found, and what it costs.

Path:   a frozen task, a seed, a draw -> the rate that is kept, its last validation loss, steps.
Units:  cost is runs (steps / horizon); octaves are log2(rate / the script's own rate).

All of them train with the shape that ratecraft uses by default (linear to 0 over the last 60 %) unless their name says
otherwise, and keep the run with the best last validation loss. Rates are drawn log-uniformly over the script's own
rate times 10^±2.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from frozen import Frozen

__all__ = ["DRAWS", "POLICIES", "Found", "suggestions"]

DRAWS = 8
"""Repeats of what draws rates at random."""
_DECADES = 2.0
_OCTAVES = _DECADES * math.log2(10)
_GRID = (-1.5, -0.5, 0.5, 1.5)
"""Decades from the script's own rate: a grid of four that nobody tuned."""


@dataclass(frozen=True)
class Found:
    """What a rival kept: the octave, its last loss, and all that was spent, in runs."""

    octave: float
    loss: float
    runs: float


Policy = Callable[[Frozen, int, int], Found]


def fixed(schedule: str) -> Policy:
    """The script's own rate."""
    return lambda task, seed, draw: Found(0.0, task.final(schedule, 0.0, seed), 1.0)


def best_of(octaves: Callable[[int], Sequence[float]]) -> Policy:
    """Full runs at these octaves, the best kept."""

    def policy(task: Frozen, seed: int, draw: int) -> Found:
        tried = [(task.final("linear", octave, seed), octave) for octave in octaves(draw)]
        loss, octave = min(tried)
        return Found(octave, loss, float(len(tried)))

    return policy


def at_random(count: int) -> Policy:
    """The best of so many rates."""
    return best_of(lambda draw: tuple(np.random.default_rng([draw, 7]).uniform(-_OCTAVES, _OCTAVES, 16)[:count]))


def after_range_test(kind: str) -> Policy:
    """A range test, and one run at what it suggests."""

    def policy(task: Frozen, seed: int, draw: int) -> Found:
        octave = math.log2(suggestions(task.ramp(seed))[kind] / task.rate)
        return Found(octave, task.final("linear", octave, seed), 1 + len(task.ramp(seed)) / task.steps)

    return policy


def suggestions(
    losses: Sequence[float], low: float = 1e-7, high: float = 10.0, steps: int = 100
) -> Mapping[str, float]:
    """What fastai's `lr_find` suggests from these losses: its smoothing, its end at four times the best, its rules."""
    smoothed: list[float] = []
    mean = 0.0
    for count, loss in enumerate(losses, 1):
        mean = 0.98 * mean + 0.02 * loss
        smoothed.append(mean / (1 - 0.98**count))
        if not smoothed[-1] <= 4 * min(smoothed):
            break
    rates = low * (high / low) ** (np.arange(len(smoothed)) / (steps - 1))
    seen, rates = np.array(smoothed)[steps // 10 : -5], rates[steps // 10 : -5]
    return {
        "valley": float(rates[_valley(seen)]),
        "steepest": float(rates[np.argmin(np.diff(seen) / np.diff(np.log(rates)))]),
        "minimum/10": float(rates[np.argmin(seen)] / 10),
    }


def _valley(losses: Sequence[float]) -> int:
    """Half-way down the middle third of the longest falling sequence, gaps allowed: fastai's rule to the letter."""
    longest, last = [1] * len(losses), 0
    for place, loss in enumerate(losses):
        longest[place] += max((longest[each] for each in range(place) if loss < losses[each]), default=0)
        last = place if longest[place] > longest[last] else last
    first, third = last - longest[last], longest[last] / 3
    return first + int(third) + int(third / 2)


def tpe(count: int) -> Policy:
    """Optuna's default sampler over full runs."""

    def policy(task: Frozen, seed: int, draw: int) -> Found:
        return _optuna(task, seed, optuna.samplers.TPESampler(seed=draw), optuna.pruners.NopPruner(), count)

    return policy


def asha(count: int) -> Policy:
    """Successive halving by a quarter from T/16 on, random rates."""

    def policy(task: Frozen, seed: int, draw: int) -> Found:
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=max(1, task.steps // 16), reduction_factor=4)
        return _optuna(task, seed, optuna.samplers.RandomSampler(seed=draw), pruner, count)

    return policy


def _optuna(
    task: Frozen, seed: int, sampler: optuna.samplers.BaseSampler, pruner: optuna.pruners.BasePruner, count: int
) -> Found:
    """A study of Optuna on the linear runs; a pruned trial costs what it ran."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    spent = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal spent
        octave = trial.suggest_float("octave", -_OCTAVES, _OCTAVES)
        loss = math.inf
        for step, loss in task.figures("linear", octave, seed):
            trial.report(loss, step)
            if not math.isfinite(loss):
                spent += step
                return math.inf
            if step < task.steps and trial.should_prune():
                spent += step
                raise optuna.TrialPruned
        spent += task.steps
        return loss

    study = optuna.create_study(sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=count)
    whole = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    best = min(whole, key=lambda trial: trial.value, default=None)
    if best is None:
        return Found(0.0, math.inf, spent / task.steps)
    return Found(best.params["octave"], best.value, spent / task.steps)


POLICIES: Mapping[str, tuple[Policy, int]] = {
    "default, constant": (fixed("constant"), 1),
    "default, linear": (fixed("linear"), 1),
    "default, cosine": (fixed("cosine"), 1),
    "grid of 4": (best_of(lambda draw: [math.log2(10) * decades for decades in _GRID]), 1),
    "random 4": (at_random(4), DRAWS),
    "random 8": (at_random(8), DRAWS),
    "random 16": (at_random(16), DRAWS),
    "range test, steepest": (after_range_test("steepest"), 1),
    "range test, valley": (after_range_test("valley"), 1),
    "range test, minimum/10": (after_range_test("minimum/10"), 1),
    "TPE 8": (tpe(8), DRAWS),
    "TPE 16": (tpe(16), DRAWS),
    "ASHA 16": (asha(16), DRAWS),
}
"""Each rival, and in how many draws it is repeated."""
