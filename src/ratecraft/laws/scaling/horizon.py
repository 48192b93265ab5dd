"""How the best rate moves with the length of the run.

Path:   best rates of two lengths -> slope; slope and length -> the best rate of the full run; called by controllers.
Units:  rates in octaves; a slope is octaves of the rate per octave of steps; lengths are steps.
Source: docs/reference/tuner.md, "Horizon": log2 η*(T) = log2 η*(h) + slope · log2(T / h). Measured on twelve small
        tasks: −0.16 … −0.29 where data are seen once, −1 … +0.3 where they are seen often (−1: over-fitting, rate ×
        steps is what is fixed).
"""

import math


def seen_slope(short: float, long: float, short_steps: int, long_steps: int) -> float:
    """The slope between the best octaves of two lengths.

    Example:
        >>> seen_slope(short=0.0, long=-1.0, short_steps=100, long_steps=400)
        -0.5
    """
    return (long - short) / math.log2(long_steps / short_steps)


def moved(octave: float, slope: float, steps: int, horizon: int) -> float:
    """The best octave at the horizon, from the best octave of probes of `steps` steps.

    Example:
        >>> moved(0.0, slope=-0.1, steps=100, horizon=1600)
        -0.4
    """
    return octave + slope * math.log2(horizon / steps)
