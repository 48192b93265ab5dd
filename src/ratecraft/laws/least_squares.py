"""Numbers of a formula such that it passes as near to given values as it can.

Path:   a formula, a first guess -> the guess moved downhill -> `identify`.
Source: Levenberg 1944 and Marquardt 1963, with a difference quotient for each slope.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from ratecraft.laws.robust import Array

__all__ = ["Formula", "least_squares"]

Formula: TypeAlias = Callable[[Array], Array]
"""Parameters, shape (k,), to residuals, shape (n,)."""

_ROUNDS = 60
_STEP = 1e-7  # of a parameter, for its slope
_ENOUGH = 1e-9  # relative gain below which it has arrived
_STUCK = 1e12


def least_squares(residuals: Formula, start: Sequence[float]) -> Array:
    """Parameters for which the sum of squared residuals has a minimum near the start.

    Args:
        residuals: What is to be small; where it is not finite, no step is taken.
        start: First guess; a parameter of 0 is moved in steps of 1e-7.

    Example:
        >>> places = np.arange(5.0)
        >>> least_squares(lambda at: at[0] * np.exp(-places / at[1]) - 3 * np.exp(-places / 2), [1.0, 1.0]).round(6).tolist()
        [3.0, 2.0]
    """
    at = np.array(start, dtype=np.float64)
    here = residuals(at)
    cost = float(here @ here)
    damping = 1e-3
    for _ in range(_ROUNDS):
        slopes = _slopes(residuals, at, here)
        curvature, slope = slopes.T @ slopes, slopes.T @ here
        gained = 0.0
        while damping < _STUCK:
            move = np.linalg.lstsq(curvature + damping * np.diag(np.diag(curvature) + 1e-300), -slope, rcond=None)[0]
            there = residuals(at + move)
            with np.errstate(over="ignore"):
                new = float(there @ there)
            if new < cost:
                gained, at, here, cost, damping = cost - new, at + move, there, new, max(damping / 10, 1e-12)
                break
            damping *= 10
        if gained <= _ENOUGH * cost:
            break
    return at


def _slopes(residuals: Formula, at: Array, here: Array) -> Array:
    columns: list[Array] = []
    for place in range(len(at)):
        moved = at.copy()
        moved[place] += _STEP * (abs(at[place]) or 1.0)
        slope = (residuals(moved) - here) / (moved[place] - at[place])
        columns.append(np.where(np.isfinite(slope), slope, 0.0))
    return np.stack(columns, axis=1)
