"""How much the scores of trials depend on one hyperparameter: a plain measure that needs no model.

Path:   values of a hyperparameter and scores of the trials -> a share; called by reports.
Units:  a share of the variance of ranks, 0 … 1. Ranks, since a single run that blew up would otherwise be all there is.
Source: ε² (Kelley, PNAS 21, 1935): the correlation ratio of groups, less what as many groups explain by chance. Groups
        are the choices, or fourths of the trials by the hyperparameter's value. Unlike fANOVA it never looks at two
        hyperparameters together: what only matters in pairs is 0 here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

FEWEST = 12
"""Trials: three in each fourth."""
_GROUPS = 4


def hyperparameter_importance(values: Sequence[Any], scores: Sequence[float], *, is_range: bool) -> float | None:
    """The share of the variance of the scores' ranks that a hyperparameter explains by itself.

    Args:
        values: Values of the hyperparameter, one a trial; None if the trial does not have it.
        scores: Scores of the same trials; infinite if a trial came to none.
        is_range: Whether values have an order; else equal ones are a group.

    Returns:
        None with fewer than twelve trials that have the hyperparameter, or where all are of one group.

    Example:
        >>> values = [place % 4 for place in range(16)]
        >>> hyperparameter_importance(values, [float(value) for value in values], is_range=True)
        1.0
        >>> hyperparameter_importance(values, [float(place // 4) for place in range(16)], is_range=True)
        0.0
    """
    told = [(value, score) for value, score in zip(values, scores, strict=True) if value is not None]
    if len(told) < FEWEST:
        return None
    ranks = _ranks([score for _, score in told])
    groups = _fourths([value for value, _ in told]) if is_range else [repr(value) for value, _ in told]
    names, total = sorted(set(groups)), float(np.var(ranks)) * len(ranks)
    if len(names) < 2 or len(names) >= len(ranks) or total <= 0:
        return None
    members = [ranks[[place for place, name in enumerate(groups) if name == choice]] for choice in names]
    within = sum(float(np.var(member)) * len(member) for member in members)
    return max(0.0, 1 - (within / (len(ranks) - len(names))) / (total / (len(ranks) - 1)))


def _fourths(values: Sequence[float]) -> list[int]:
    """The fourth of the trials that each is in; equal values are in one."""
    places = _ranks(values) / len(values)
    return [min(int(place * _GROUPS), _GROUPS - 1) for place in places]


def _ranks(values: Sequence[float]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Places from 0.5 on; equal values share their mean."""
    array = np.asarray(values, dtype=np.float64)
    _, place, count = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    return (ends - count / 2)[place]
