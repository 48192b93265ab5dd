"""A series that is too long to keep becomes one of about half its points, which still holds what matters.

Path:   points of a log, as they come -> `gathering` -> thinned points.

Kept is every other point, so that the noise from point to point stays what it was but for the spacing; and, of every
block, the lowest, the highest and the first non-finite value, however often a series is thinned: the first NaN of a run
and its worst spike are evidence. The ends are kept as well.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["kept"]

_BLOCK = 64  # points; at most 3 of them are kept beside every other one


def kept(values: "NDArray[np.float64]") -> "NDArray[np.bool_]":
    """Which points of a series to keep.

    Args:
        values: Shape (n,); may hold NaN and infinities.

    Returns:
        Shape (n,), bool; at most n/2 + 3n/64 + 5 of them are true.

    Example:
        >>> kept(np.array([5.0, 4.0, 4.0, 9.0, 3.0, 3.0, float("nan"), 2.0])).tolist()
        [True, False, True, True, True, False, True, True]
    """
    chosen = np.zeros(len(values), np.bool_)
    chosen[::2] = True
    chosen[-1:] = True
    padded = np.full(-(-len(values) // _BLOCK) * _BLOCK, np.nan)
    padded[: len(values)] = values
    blocks = padded.reshape(-1, _BLOCK)
    finite = np.isfinite(blocks)
    starts = np.arange(len(blocks)) * _BLOCK
    lowest = starts + np.where(finite, blocks, np.inf).argmin(axis=1)
    highest = starts + np.where(finite, blocks, -np.inf).argmax(axis=1)
    broken = starts + (~finite).argmax(axis=1)
    for places in (lowest, highest, broken):
        chosen[places[places < len(values)]] = True
    return chosen
