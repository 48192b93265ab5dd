"""A curve as a small picture for notebooks: a few lines of SVG, without scripts, fonts or files.

Path:   values of a schedule -> HTML that a notebook shows beside the expression.
"""

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT, _MARGIN = 360, 90, 8


def curve_picture(expression: str, steps: int, values: Sequence[float]) -> str:
    """The expression, and under it the curve between its least and largest value.

    Args:
        expression: What builds the schedule.
        steps: Optimizer steps that the values stand for, evenly spaced.
        values: Finite; none for the expression alone.

    Example:
        >>> curve_picture("constant(1)", 10, [])
        '<code>constant(1)</code>'
    """
    code = f"<code>{escape(expression)}</code>"
    if not values:
        return code
    low, high = min(0.0, *values), max(values)
    text = '<text font-size="10" fill="currentColor"'
    return (
        f'{code}<br><svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 70}" height="{_HEIGHT + 20}"'
        f' role="img" aria-label="{escape(expression)}">'
        f'<polyline fill="none" stroke="#2a6fbb" stroke-width="1.5" points="{polyline(values, _WIDTH, _HEIGHT)}"/>'
        f'{text} x="{_WIDTH + 4}" y="{_MARGIN + 4}">{high:.3g}</text>'
        f'{text} x="{_WIDTH + 4}" y="{_HEIGHT - _MARGIN + 4}">{low:.3g}</text>'
        f'{text} x="{_MARGIN}" y="{_HEIGHT + 12}">0</text>'
        f'{text} x="{_WIDTH - _MARGIN}" y="{_HEIGHT + 12}" text-anchor="end">{steps}</text></svg>'
    )


def polyline(values: Sequence[float], width: int, height: int) -> str:
    """The points of a curve in an area, with zero or the least value at the bottom.

    Example:
        >>> polyline([0.0, 1.0], 116, 36)
        '8.0,28.0 108.0,8.0'
    """
    low, high = min(0.0, *values), max(values)
    size = high - low or 1.0
    across = (width - 2 * _MARGIN) / max(len(values) - 1, 1)
    down = height - 2 * _MARGIN
    places = ((_MARGIN + index * across, _MARGIN + down * (high - value) / size) for index, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
