"""Numbers of a formula such that it passes as near to given values as it can.

Path:   a formula, a first guess -> the guess moved downhill -> `identify`.
Source: Levenberg 1944 and Marquardt 1963, with a difference quotient for each slope.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from ratecraft.laws.robust import Array

Formula: TypeAlias = Callable[[Array], Array]
"""Parameters, shape (k,), to residuals, shape (n,)."""

_ROUNDS = 60
_STEP = 1e-6  # of a parameter's size, for its slope
_ENOUGH = 1e-9  # relative gain below which it has arrived
_STUCK = 1e12


def least_squares(residuals: Formula, start: Sequence[float], sizes: Sequence[float]) -> Array:
    """Parameters for which the sum of squared residuals has a minimum near the start.

    Args:
        residuals: What is to be small; where it is not finite, no step is taken.
        start: First guess.
        sizes: What is usual of each parameter, > 0: a millionth of it is moved to find a slope.

    Example:
        >>> places = np.arange(5.0)
        >>> wanted = 3 * np.exp(-places / 2)
        >>> least_squares(lambda at: at[0] * np.exp(-places / at[1]) - wanted, [1, 1], [1, 1]).round(6).tolist()
        [3.0, 2.0]
    """
    scale = np.array(sizes, dtype=np.float64)
    at = np.array(start, dtype=np.float64) / scale
    here = residuals(at * scale)
    cost = float(here @ here)
    damping = 1e-3
    for _ in range(_ROUNDS):
        slopes = _slopes(residuals, at, here, scale)
        curvature, slope = slopes.T @ slopes, slopes.T @ here
        steepest = np.maximum(np.diag(curvature), 1e-12 * (float(np.diag(curvature).max()) or 1.0))
        gained = 0.0
        while damping < _STUCK:
            move = np.linalg.solve(curvature + damping * np.diag(steepest), -slope)
            there = residuals((at + move) * scale)
            with np.errstate(over="ignore"):
                new = float(there @ there)
            if new < cost:
                gained, at, here, cost, damping = cost - new, at + move, there, new, max(damping / 10, 1e-12)
                break
            damping *= 10
        if gained <= _ENOUGH * cost:
            break
    return at * scale


def _slopes(residuals: Formula, at: Array, here: Array, scale: Array) -> Array:
    """Change of each residual with each parameter, of which 1 is a usual one."""
    columns: list[Array] = []
    for place in range(len(at)):
        moved = at.copy()
        moved[place] += _STEP
        slope = (residuals(moved * scale) - here) / (moved[place] - at[place])
        columns.append(np.where(np.isfinite(slope), slope, 0.0))
    return np.stack(columns, axis=1)
