"""The points of one series while a log is read: two packed arrays that never grow beyond a fixed length.

Path:   `gathering` -> `Points` -> `axis`.

A series that grows too long is thinned: every other point is kept, so that the noise from point to point stays what it
was but for the spacing; and, of every block, the lowest, the highest and the first non-finite value, however often it
is thinned: the first NaN of a run and its worst spike are evidence. The ends are kept as well.
"""

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from ratecraft.importers.names import Meaning

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS = 16_384
"""Points of a series that are kept; of more, about every other one (`kept`), as often as it takes."""

_WORTH_THINNING = 256
_BLOCK = 64  # points; at most 3 of them are kept beside every other one


class Points:
    """Keys in rising order, and a value for each.

    Example:
        >>> from ratecraft.importers.names import meaning_of
        >>> points = Points(meaning_of("loss"))
        >>> for key in range(20_000):
        ...     _ = points.append(key, 1.0 / (key + 1))
        >>> len(points.keys) + points.left_out, points.keys[-1], len(points.keys) <= MOST_POINTS
        (20000, 19999, True)
    """

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.keys: array[int] = array("q")
        self.values: array[float] = array("d")
        self.left_out = 0

    @property
    def last(self) -> int:
        """The last key; -1 where there is none."""
        return self.keys[-1] if self.keys else -1

    def append(self, key: int, value: float) -> int:
        """One more point behind all others; by how many points the series has grown."""
        self.keys.append(key)
        self.values.append(value)
        return 1 if len(self.keys) < MOST_POINTS else 1 - self.thin()

    def extend(self, keys: "array[int]", values: "array[float]") -> int:
        """Many more points behind all others, as if appended one by one; by how many points the series has grown."""
        before, first = len(self.keys), 0
        while first < len(keys):
            last = first + MOST_POINTS - len(self.keys)
            self.keys.extend(keys[first:last])
            self.values.extend(values[first:last])
            first = last
            if len(self.keys) >= MOST_POINTS:
                self.thin()
        return len(self.keys) - before

    def cut(self, key: int) -> int:
        """Drop the points from a key on; how many they were."""
        place = bisect_left(self.keys, key)
        dropped = len(self.keys) - place
        del self.keys[place:]
        del self.values[place:]
        return dropped

    def thin(self) -> int:
        """Keep about half of the points, where there are many; how many are left out."""
        if len(self.keys) < _WORTH_THINNING:
            return 0
        values = np.array(self.values)
        chosen = kept(values)
        dropped = len(values) - int(chosen.sum())
        self.values = array("d", values[chosen].tobytes())
        self.keys = array("q", np.array(self.keys)[chosen].tobytes())
        self.left_out += dropped
        return dropped


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
