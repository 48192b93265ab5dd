"""How the best peak rate moves with the shape of a schedule, by a bound from convex optimisation.

Path:   multipliers of two shapes, step by step -> octaves between their best peaks; called by controllers.
Units:  multipliers of one base rate γ; the distance D to the optimum and the norm G of a gradient are 1: they drop out
        of every comparison of shapes.
Source: Schaipp, Hägele, Taylor, Şimşekli & Bach (2025), "The Surprising Agreement Between Convex Optimization Theory
        and Learning-Rate Scheduling for Large Model Training", Theorem 1, after Defazio et al. (2023). There and on
        large models, the best peaks of linear decays over c = .1, .4, .6, .8 and 1 of the run are .89, 1.18, 1.38, 1.62
        and 1.95 times that of c = .2.

SGD with the rates γ·s₁ … γ·s_T on a convex function, from a distance D, with gradients of norm G at most, ends at

    E f(x_T) − f* ≤ T₁/γ + γ·T₂
    T₁ = D²/2 · 1 / Σ s_t
    T₂ = G²/2 · [ Σ s_t² / Σ s_t  +  Σ_{k<T} s_k / Σ_{t>k} s_t · Σ_{t≥k} s_t² / Σ_{t≥k} s_t ]

which is least at γ* = √(T₁/T₂). It tells shapes of one length apart; the rates of two lengths it does not. A run that
ends in a stretch of far smaller steps than before is judged by these last steps, and so too harshly.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratecraft.errors import InvalidInput

_NEGLIGIBLE = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class ConvexBound:
    """The bound `distance / rate + noise · rate` of a shape (T₁ and T₂ above), as a function of the base rate."""

    distance: float
    noise: float

    @property
    def best_rate(self) -> float:
        """The base rate at which the bound is least."""
        return math.sqrt(self.distance) / math.sqrt(self.noise)  # their ratio may overflow

    def at(self, rate: float) -> float:
        """The bound at a base rate."""
        return self.distance / rate + self.noise * rate


def convex_bound(multipliers: NDArray[np.float64]) -> ConvexBound:
    """The bound of a shape, in linear time.

    Args:
        multipliers: Shape (steps,). Steps at 0 move nothing and count for nothing; nor do those that double precision
            cannot tell from 0 beside the largest.

    Raises:
        InvalidInput: A multiplier that is negative or not finite, or none above 0.

    Example:
        >>> convex_bound(np.array([1.0])).best_rate, convex_bound(np.array([1.0, 1.0])).at(0.5)
        (1.0, 1.0)
    """
    if not np.isfinite(multipliers).all() or (multipliers < 0).any() or not (multipliers > 0).any():
        raise InvalidInput("multipliers-not-positive")
    peak = float(multipliers.max())
    steps = multipliers / peak
    steps = steps[steps > _NEGLIGIBLE]
    left, left_squared = (np.cumsum(terms[::-1])[::-1] for terms in (steps, steps**2))  # sums over t >= k
    mean = left_squared / left
    noise = mean[0] + np.sum(steps[:-1] / left[1:] * mean[:-1])
    return ConvexBound(0.5 / float(left[0]) / peak, 0.5 * float(noise) * peak)


def peak_shift(multipliers: NDArray[np.float64], usual: NDArray[np.float64]) -> float:
    """Octaves by which the best peak rate of one shape lies above that of another of the same length.

    Args:
        multipliers: Multipliers of the shape, in any unit.
        usual: Rates of the other schedule, in any unit.

    Raises:
        InvalidInput: Same as `convex_bound`.

    Example:
        >>> constant, linear = np.ones(1000), np.linspace(1.0, 0.0, 1000, endpoint=False)
        >>> round(peak_shift(linear, usual=constant), 2)
        1.54
    """
    best, usual_best = (convex_bound(weights).best_rate * float(weights.max()) for weights in (multipliers, usual))
    return math.log2(best / usual_best)
