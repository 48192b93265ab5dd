"""Long series made short enough to draw, without hiding anything in them.

Path:   losses of a run -> at most 4,000 points -> a line of a chart.
Units:  points are at steps, counted from 0.
Source: the lowest and the highest value of every column are kept (plain striding hides spikes).
"""

import math
from collections.abc import Sequence

from ratecraft.reporting.pictures.charts import Values
from ratecraft.reporting.text.numbers import finite

MOST = 4000
_WINDOWS = 40  # windows of a smoothed line: fine enough for its shape, coarse enough for its noise
_FEWEST = 120  # shorter series are drawn as they are


def thinned(series: Sequence[Sequence[float]], most: int = MOST) -> tuple[tuple[int, ...], tuple[Values, ...]]:
    """Series over common steps, each column of steps reduced to its lowest and highest value, in order.

    Args:
        series: Values at steps 0, 1, 2…, of any lengths. Non-finite values become None.
        most: The largest number of points, at least 2.

    Returns:
        The steps, and each series at them.

    Example:
        >>> thinned([[5, 1, 2, 9, 3, 4], [7, 8]], most=4)
        ((0, 2, 3, 5), ((5, 1, 9, 3), (7, 8, None, None)))
    """
    longest = max((len(curve) for curve in series), default=0)
    if longest <= most:
        return tuple(range(longest)), tuple(_padded(curve, longest) for curve in series)
    columns = most // 2
    edges = [longest * column // columns for column in range(columns + 1)]
    steps = tuple(step for column in range(columns) for step in (edges[column], edges[column + 1] - 1))
    return steps, tuple(
        tuple(value for column in range(columns) for value in _ends(curve[edges[column] : edges[column + 1]]))
        for curve in series
    )


def _padded(values: Sequence[float], length: int) -> Values:
    return (*map(finite, values), *([None] * (length - len(values))))


def _ends(column: Sequence[float]) -> tuple[float | None, float | None]:
    """The lowest and the highest finite value of a column, the earlier one first."""
    finite = [(value, place) for place, value in enumerate(column) if math.isfinite(value)]
    if not finite:
        return None, None
    low, high = min(finite), max(finite)
    first, last = (low, high) if low[1] <= high[1] else (high, low)
    return first[0], last[0]


def window_of(count: int) -> int:
    """The number of steps averaged in one value of a smoothed line; 1 if the line is short enough as it is.

    Example:
        >>> window_of(60), window_of(1000)
        (1, 25)
    """
    return 1 if count < _FEWEST else count // _WINDOWS


def smoothed(values: Sequence[float], window: int) -> list[float]:
    """The mean of the finite values among the `window` around each step; NaN if there are none.

    Example:
        >>> smoothed([3, 1, 2, float("nan")], 3)
        [2.0, 2.0, 1.5, 2.0]
    """
    sums, counts = [0.0], [0]
    for value in values:
        is_finite = math.isfinite(value)
        sums.append(sums[-1] + (value if is_finite else 0.0))
        counts.append(counts[-1] + is_finite)
    means: list[float] = []
    for step in range(len(values)):
        first, last = max(step - (window - 1) // 2, 0), min(step + window // 2 + 1, len(values))
        count = counts[last] - counts[first]
        means.append((sums[last] - sums[first]) / count if count else math.nan)
    return means
