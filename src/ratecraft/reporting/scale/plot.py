"""Best rate against size, drawn in text: the small runs with their intervals, the law, the target.

Path:   `Scaled` -> lines of text, if one size is varied.
Units:  both axes are logarithmic.
"""

import math
from collections.abc import Iterator, Sequence

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.controllers.scale.settings import size_text
from ratecraft.laws.scaling.scale_law import ScalePoint
from ratecraft.reporting.pictures.canvas import Canvas
from ratecraft.reporting.text.page import Page, cells, pad
from ratecraft.translations.catalogue import rate_text

_ROWS = 9
_SYMBOLS = {True: ("●", "◆", "│"), False: ("o", "*", "|")}
_WIDEST = 72  # cells


def scale_plot(found: Scaled, page: Page) -> Iterator[str]:
    """The picture of a law along one size; empty if there are several, or fewer than two best rates."""
    points = [point for size in found.tried if (point := size.point)]
    if len(found.axes) == 1 and len(points) > 1:
        yield from _drawn(found, points, page)


def _drawn(found: Scaled, points: Sequence[ScalePoint], page: Page) -> Iterator[str]:
    ahead, axis = found.forecast, found.axes[0].axis
    best, chosen, _ = _SYMBOLS[page.unicode]
    marks = [(point.sizes[0], point.interval[0], point.octave, point.interval[1], best) for point in points]
    if ahead is not None:
        marks.append((axis.target, ahead.low, ahead.octave, ahead.high, chosen))
    low, high = min(mark[1] for mark in marks), max(mark[3] for mark in marks)
    first, last = (math.log2(end(mark[0] for mark in marks)) for end in (min, max))
    labels = {0: rate_text(found.rate_at(high)), _ROWS - 1: rate_text(found.rate_at(low))}
    gutter = max(map(cells, labels.values()))
    canvas = Canvas(min(page.width, _WIDEST) - gutter - 2, _ROWS, page.unicode)

    def place(size: float, octave: float) -> tuple[float, float]:
        return (math.log2(size) - first) / (last - first), (high - octave) / (high - low)

    if found.law is not None and ahead is not None:
        ends = (2**first, 2**last)
        canvas.line(*(place(size, found.law.at((size,)).octave) for size in ends))
    for size, below, octave, above, symbol in marks:
        _spanned(canvas, place(size, above), place(size, below), page)
        canvas.symbol(*place(size, octave), symbol)
    yield from canvas.framed(labels, gutter)
    ends = (size_text(round(2**first, 6)), size_text(round(2**last, 6)))
    name = pad(axis.name, (canvas.width + cells(axis.name)) // 2 - cells(ends[0]), "right")
    yield pad("", gutter + 2) + ends[0] + pad(name, canvas.width - cells(ends[0]) - cells(ends[1])) + ends[1]


def _spanned(canvas: Canvas, top: tuple[float, float], end: tuple[float, float], page: Page) -> None:
    """The interval of a rate, as a bar."""
    rows = _ROWS - 1
    for row in range(round(top[1] * rows), round(end[1] * rows) + 1):
        canvas.symbol(top[0], row / rows, _SYMBOLS[page.unicode][2])
