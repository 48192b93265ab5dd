"""How a segment moves from its start to its end.

Path:   steps done and steps left of a segment -> the weights of its end and of its start.
Units:  `rise` and `fall` are shares between 0 and 1 that sum to 1.
Source: The sine's coefficients are those of fdlibm's `__kernel_sin` (Sun Microsystems, 1993), made for up to π/4.

Linear: rise = u, where u = done / length. Cosine: rise = (1 - cos πu) / 2 = sin²(πu/2).
One polynomial of + and × serves single numbers and arrays, so both agree to the last bit on every machine; the cosines
of `math` and of numpy do not.
"""

import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SHAPES", "Shape", "array_weights", "weights"]

Shape: TypeAlias = Literal["linear", "cosine"]

SHAPES: Final[tuple[str, ...]] = get_args(Shape)

_SINE: Final = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
"""Of angle¹³ down to angle³."""

_Number = TypeVar("_Number", float, "NDArray[np.float64]")


def weights(shape: Shape, done: int, length: int) -> tuple[float, float]:
    """(rise, fall) after `done` of `length` > 0 steps; `done` is 0 to `length`.

    Example:
        >>> weights("linear", 3, 4), weights("cosine", 0, 4), weights("cosine", 4, 4)
        ((0.75, 0.25), (0.0, 1.0), (1.0, 0.0))
    """
    rise, fall = done / length, (length - done) / length
    if shape == "linear":
        return rise, fall
    # The smaller weight is computed and the larger is what it leaves: both are exact near the ends.
    small = 0.5 if rise == fall else _squared_sine(min(rise, fall))
    return (small, 1.0 - small) if rise < fall else (1.0 - small, small)


def array_weights(
    shape: Shape, done: "NDArray[np.int64]", length: int
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """`weights` for many steps at once."""
    import numpy as np

    rise, fall = done / length, (length - done) / length
    if shape == "linear":
        return rise, fall
    small = np.where(rise == fall, 0.5, _squared_sine(np.minimum(rise, fall)))
    return np.where(rise < fall, small, 1.0 - small), np.where(rise < fall, 1.0 - small, small)


def _squared_sine(share: _Number) -> _Number:
    """sin²(π/2 · share) for shares from 0 to 1/2."""
    angle = share * (math.pi / 2)
    square = angle * angle
    series = square * _SINE[0]
    for coefficient in _SINE[1:-1]:
        series = (series + coefficient) * square
    sine = angle + angle * square * (series + _SINE[-1])
    return sine * sine
