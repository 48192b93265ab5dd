"""How far a printed number may lie from the one that was meant, read off the numbers themselves.

Path:   values as they were logged -> what each may be wrong by -> `identify`.
Units:  those of the values.

A log prints either a fixed number of digits or a fixed number of places. The finest place and the most digits that
occur bound both; whichever was meant, the larger of the two bounds holds it. A few levels, such as 0.1 and 0.03, do not
show a place: only their digits count.
"""

import math

import numpy as np

from ratecraft.laws.robust import Array

_FEWEST_DIGITS = 2  # with which anyone logs a rate
_FEW_LEVELS = 5
_MOST_DIGITS = 7  # what a float32 holds: beyond, the last digits are noise of the arithmetic
_SAMPLE = 2000
_MOST_PLACES = 300


def rounding_of(values: Array) -> Array:
    """Half of the last printed place of each value.

    Args:
        values: Shape (n,), finite.

    Example:
        >>> rounding_of(np.array([0.03, 0.001])).round(9).tolist()
        [0.0005, 5e-05]
    """
    levels = np.unique(np.abs(values))
    digits, places = _FEWEST_DIGITS, 0 if len(levels) >= _FEW_LEVELS else _MOST_PLACES
    for value in levels[:: max(len(levels) // _SAMPLE, 1)].tolist():
        if value:
            shown = f"{value:.{_MOST_DIGITS - 1}e}"
            mantissa, exponent = shown.split("e")
            own = len(mantissa.replace(".", "").rstrip("0"))
            digits, places = max(digits, own), max(places, own - 1 - int(exponent))
    sizes = np.abs(values)
    exponents = np.floor(np.log10(np.where(sizes > 0, sizes, 1.0)))
    relative = np.where(sizes > 0, 0.5 * 10.0 ** (exponents - digits + 1), 0.0)
    return np.maximum(relative, 0.5 * math.pow(10.0, -places))
