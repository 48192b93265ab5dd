"""A stretch of long series, short enough to draw: the lowest and the highest value of every column.

Path:   series of a run -> at most two values a column -> a chart, on zoom a finer stretch.
Units:  steps as those of the series.
"""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Values: TypeAlias = tuple[float | None, ...]


def dense(first: int, values: "array[float]") -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    """Values at every step from `first` on, as `windowed` takes a series.

    Example:
        >>> windowed([dense(3, array("d", [2.0, 1.0]))], 0, 9, 4)
        ((3.0, 4.0), ((2.0, 1.0),))
    """
    import numpy as np

    return np.arange(first, first + len(values)), np.array(values, np.float64)


def windowed(
    series: "Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]", first: int, last: int, columns: int
) -> tuple[tuple[float, ...], tuple[Values, ...]]:
    """Several series over common places between two steps, both included.

    Where the stretch holds few steps, every value is there. Else each column gives its lowest and its highest value, in
    the order in which the column rises or falls: plain striding would hide spikes.

    Args:
        series: Steps (rising) and values of each, shape (n,).
        first: Step where the stretch begins.
        last: Step where it ends.
        columns: At least 1; twice as many places are given at most.

    Returns:
        The places, rising, and the values of each series at them; None if it has none, or none that is finite.

    Example:
        >>> import numpy as np
        >>> steps = np.arange(1000)
        >>> places, (values,) = windowed([(steps, np.where(steps == 637, 9.0, 1.0))], 0, 999, 4)
        >>> len(places), max(values)
        (8, 9.0)
    """
    import numpy as np

    cut = [_cut(steps, values, first, last) for steps, values in series]
    if max((len(steps) for steps, _ in cut), default=0) <= 2 * columns:
        places = np.unique(np.concatenate([steps for steps, _ in cut])) if cut else np.array([], np.int64)
        if len(places) <= 2 * columns:
            return tuple(map(float, places.tolist())), tuple(_at(places, steps, values) for steps, values in cut)
    edges = first + (last + 1 - first) * np.arange(columns + 1) / columns
    places = np.sort(np.concatenate([edges[:-1], edges[:-1] + 0.5 * (edges[1:] - edges[:-1])]))
    return tuple(places.tolist()), tuple(_ends(edges, steps, values) for steps, values in cut)


def _cut(
    steps: "NDArray[np.int64]", values: "NDArray[np.float64]", first: int, last: int
) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    begin, end = steps.searchsorted(first, "left"), steps.searchsorted(last, "right")
    return steps[begin:end], values[begin:end]


def _at(places: "NDArray[np.int64]", steps: "NDArray[np.int64]", values: "NDArray[np.float64]") -> Values:
    """The values at places; of several at one step, the last."""
    import numpy as np

    if not len(steps):
        return (None,) * len(places)
    at = np.searchsorted(steps, places, "right") - 1
    found = values[np.maximum(at, 0)]
    known = (at >= 0) & (steps[np.maximum(at, 0)] == places) & np.isfinite(found)
    return tuple(value if is_known else None for value, is_known in zip(found.tolist(), known.tolist(), strict=True))


def _ends(edges: "NDArray[np.float64]", steps: "NDArray[np.int64]", values: "NDArray[np.float64]") -> Values:
    """Two values a column."""
    import numpy as np

    told: list[float | None] = [None] * (2 * (len(edges) - 1))
    kept = np.isfinite(values)
    if not kept.all():
        steps, values = steps[kept], values[kept]
    bounds = np.searchsorted(steps, edges, "left")
    filled = np.flatnonzero(bounds[:-1] < bounds[1:])
    if not len(filled):
        return tuple(told)
    starts = bounds[filled]
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    rises = values[starts] <= values[bounds[filled + 1] - 1]
    before, after = np.where(rises, low, high), np.where(rises, high, low)
    for column, one, other in zip(filled.tolist(), before.tolist(), after.tolist(), strict=True):
        told[2 * column], told[2 * column + 1] = one, other
    return tuple(told)
