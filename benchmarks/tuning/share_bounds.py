"""Bounds of what was measured: of a share, and of any figure over tasks.

Path:   values by task -> the figure with its lower and upper bound.

Studies of one task are alike, so a task counts as one observation: bounds of shares are those of as many trials as
there are tasks, and bootstrap draws draw tasks.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.stats import beta

__all__ = ["bootstrap_over", "clopper_pearson", "share_of"]


def clopper_pearson(hits: float, trials: int, level: float = 0.95) -> tuple[float, float]:
    """The exact bounds of a share; also of hits that are no whole number, as a mean over tasks may be.

    Example:
        >>> tuple(round(each, 3) for each in clopper_pearson(0, 28))
        (0.0, 0.123)
        >>> tuple(round(each, 3) for each in clopper_pearson(5, 10))
        (0.187, 0.813)
    """
    out = (1 - level) / 2
    low = 0.0 if hits <= 0 else float(beta.ppf(out, hits, trials - hits + 1))
    high = 1.0 if hits >= trials else float(beta.ppf(1 - out, hits + 1, trials - hits))
    return low, high


def share_of(hits: Mapping[str, Sequence[bool]]) -> tuple[float, float, float]:
    """The share of hits, every task weighing alike, with its 95 % bounds; tasks without a case tell nothing.

    Example:
        >>> share_of({"a": [True, False], "b": [False, False], "c": []})[0]
        0.25
    """
    shares = [sum(each) / len(each) for each in hits.values() if each]
    if not shares:
        return (float("nan"), 0.0, 1.0)
    mean = sum(shares) / len(shares)
    return (mean, *clopper_pearson(mean * len(shares), len(shares)))


def bootstrap_over(
    values: Mapping[str, Sequence[float]],
    statistic: Callable[[Sequence[float]], float],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Bounds of a statistic of all values together: tasks are drawn, each with all its values."""
    tasks = sorted(task for task, each in values.items() if each)
    if not tasks:
        return (float("nan"), float("nan"))
    random = np.random.default_rng(seed)
    found = [
        statistic([value for place in random.integers(len(tasks), size=len(tasks)) for value in values[tasks[place]]])
        for _ in range(draws)
    ]
    low, high = np.quantile(found, ((1 - level) / 2, (1 + level) / 2), method="nearest")
    return float(low), float(high)
