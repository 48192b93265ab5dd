"""A monotone cubic between points, as scipy's `PchipInterpolator` draws it, at one place and without its overhead.

Path:   called by `frozen` many thousand times in a replay.
"""

from collections.abc import Sequence

__all__ = ["monotone_at"]


def monotone_at(place: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """The value at a place within the points.

    Example:
        >>> monotone_at(1.0, (0.0, 2.0), (1.0, 3.0)), monotone_at(2.0, (0.0, 1.0, 2.0), (0.0, 5.0, 6.0))
        (2.0, 6.0)
    """
    left = max(0, min(len(xs) - 2, next(each for each, x in enumerate(xs) if x >= place) - 1))
    width = xs[left + 1] - xs[left]
    share = (place - xs[left]) / width
    first, last = _slope(left, xs, ys), _slope(left + 1, xs, ys)
    rest = 1 - share
    return (
        ys[left] * (1 + 2 * share) * rest**2
        + width * first * share * rest**2
        + ys[left + 1] * share**2 * (3 - 2 * share)
        - width * last * share**2 * rest
    )


def _slope(at: int, xs: Sequence[float], ys: Sequence[float]) -> float:
    """The slope at a point: a weighted harmonic mean of those beside it, 0 where they differ in sign."""
    if len(xs) == 2:
        return _secant(0, xs, ys)
    if at in (0, len(xs) - 1):
        inwards = (0, 1) if at == 0 else (at - 1, at - 2)
        return _end_slope(*((xs[each + 1] - xs[each], _secant(each, xs, ys)) for each in inwards))
    before, after = _secant(at - 1, xs, ys), _secant(at, xs, ys)
    if before * after <= 0:
        return 0.0
    wide, near = xs[at + 1] - xs[at], xs[at] - xs[at - 1]
    heavy, light = 2 * wide + near, wide + 2 * near
    return (heavy + light) / (heavy / before + light / after)


def _end_slope(outer: tuple[float, float], inner: tuple[float, float]) -> float:
    """The slope at an end, of three points, that keeps the shape."""
    (width, secant), (next_width, next_secant) = outer, inner
    slope = ((2 * width + next_width) * secant - width * next_secant) / (width + next_width)
    if slope * secant <= 0:
        return 0.0
    if secant * next_secant <= 0 and abs(slope) > 3 * abs(secant):
        return 3 * secant
    return slope


def _secant(at: int, xs: Sequence[float], ys: Sequence[float]) -> float:
    return (ys[at + 1] - ys[at]) / (xs[at + 1] - xs[at])
