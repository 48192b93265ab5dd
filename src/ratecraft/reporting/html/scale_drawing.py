"""The picture of a law over sizes: best rates of the small runs, the law through them, the target with its interval.

Path:   `Scaled` + `Page` -> SVG, a panel for each size that is varied.
Units:  SVG units; both axes are logarithmic. Bars and the band are 90 % intervals.

If several sizes are varied, a panel shows the best rates after the law has moved them to the target's other sizes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.controllers.scale.settings import size_text
from ratecraft.laws.scaling.scale_law import Forecast
from ratecraft.reporting.html.drawing import PAGE_INK
from ratecraft.reporting.html.elements import Markup, element, text
from ratecraft.reporting.html.strokes import label, stroke
from ratecraft.reporting.text.numbers import rate_ticks
from ratecraft.reporting.text.page import Page, cells
from ratecraft.translations.catalogue import rate_text, rates_text

_SIZE, _CELL = 12, 6.2  # size of the text, and width of one cell of it
_LEFT, _RIGHT, _TOP, _HEIGHT, _FOOT = 64, 20, 34, 240, 44
_STEPS = 24  # of the band


@dataclass(frozen=True, slots=True)
class _Panel:
    """The rates along one size, and how sizes and octaves become positions."""

    points: tuple[tuple[float, Forecast], ...]
    target: tuple[float, Forecast] | None
    law: tuple[tuple[float, Forecast], ...]
    left: float
    right: float
    top: float

    def x(self, size: float) -> float:
        first, last = (math.log2(end(point[0] for point in self._every)) for end in (min, max))
        return self.left + (self.right - self.left) * (math.log2(size) - first) / max(last - first, 1e-9)

    def y(self, octave: float) -> float:
        low, high = self.ends
        return self.top + _HEIGHT * (high - octave) / (high - low)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest octave, with a margin."""
        spans = [point[1] for point in self._every]
        return min(span.low for span in spans) - 0.3, max(span.high for span in spans) + 0.3

    @property
    def _every(self) -> tuple[tuple[float, Forecast], ...]:
        return (*self.points, *self.law, *([self.target] if self.target else []))


def scale_drawing(found: Scaled, page: Page, title: str, width: int) -> Markup:
    """The picture as one SVG element; empty if no size has a best rate.

    Args:
        found: The law.
        page: Language.
        title: What it says to those who do not see it.
        width: Width of the drawing.
    """
    parts, top = list[Markup](), 0.0
    for at in range(len(found.axes)):
        panel = _panel(found, at, width, top + _TOP)
        if panel.points:
            parts += _drawn(found, at, panel, page)
            top += _TOP + _HEIGHT + _FOOT
    key, height = _legend(found, page, top + 14)
    shape = {"viewBox": f"0 0 {width} {height:.0f}", "font_size": str(_SIZE)}
    return element("svg", element("title", text(title)), *parts, *key, role="img", aria_label=title, **shape)


def _panel(found: Scaled, at: int, width: int, top: float) -> _Panel:
    """The panel of the axis at this index, with the other sizes those of the target."""
    axis = found.axes[at].axis
    law, wanted = found.law, [axis.axis.target for axis in found.axes]
    told = law is not None and found.forecast is not None
    points = list[tuple[float, Forecast]]()
    smallest = [axis.axis.sizes[0] for axis in found.axes]
    for tried in found.tried:
        here = all(
            size == least for place, (size, least) in enumerate(zip(tried.sizes, smallest, strict=True)) if place != at
        )
        if tried.point is None or not here:
            continue
        moved = 0.0
        if law is not None and told:
            moved = law.at([*wanted[:at], tried.sizes[at], *wanted[at + 1 :]]).octave - law.at(tried.sizes).octave
        low, high = tried.point.interval
        points.append((tried.sizes[at], Forecast(tried.point.octave + moved, low + moved, high + moved)))
    line = list[tuple[float, Forecast]]()
    if law is not None and told:
        first, last = math.log2(min(*axis.sizes, axis.target)), math.log2(max(*axis.sizes, axis.target))
        for step in range(_STEPS + 1):
            size = 2 ** (first + (last - first) * step / _STEPS)
            line.append((size, law.at([*wanted[:at], size, *wanted[at + 1 :]])))
    target = (axis.target, found.forecast) if found.forecast else None
    return _Panel(tuple(points), target, tuple(line), _LEFT, width - _RIGHT, top)


def _drawn(found: Scaled, at: int, panel: _Panel, page: Page) -> Iterator[Markup]:
    yield label(page.words("report.scale.upright"), 0, panel.top - 18, PAGE_INK["muted"], "start")
    yield from _grid(found, panel)
    yield from _sizes(found.axes[at].axis.name, panel)
    if panel.law:
        band = [(size, forecast.high) for size, forecast in panel.law] + [
            (size, forecast.low) for size, forecast in panel.law[::-1]
        ]
        yield element("polygon", points=_places(panel, band), fill="var(--band)", data_part="band")
        largest = max(size for size, _ in panel.points)
        lines = ("", [point for point in panel.law if point[0] <= largest]), ("6 4", panel.law)
        for dash, part in lines:
            places = _places(panel, [(size, forecast.octave) for size, forecast in part])
            look = {"stroke": PAGE_INK["chosen"], "stroke_width": "2", "stroke_dasharray": dash}
            yield element("polyline", points=places, fill="none", data_part="law", **look)
    for size, point in panel.points:
        yield _marked(found, panel, size, point, "late")
    if panel.target is not None:
        yield _marked(found, panel, *panel.target, "chosen")


def _places(panel: _Panel, points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{panel.x(size):.2f},{panel.y(octave):.2f}" for size, octave in points)


def _grid(found: Scaled, panel: _Panel) -> Iterator[Markup]:
    low, high = (math.log10(found.rate_at(octave)) for octave in panel.ends)
    rates = rate_ticks(low, high)
    for rate, name in zip(rates, rates_text(rates), strict=True):
        y = panel.y(math.log2(rate / found.begin))
        yield stroke(panel.left, y, panel.right, y, PAGE_INK["rule"])
        yield label(name, panel.left - 8, y + 4, PAGE_INK["muted"], "end")
    y = panel.top + _HEIGHT
    yield stroke(panel.left, y, panel.right, y, PAGE_INK["muted"])


def _sizes(name: str, panel: _Panel) -> Iterator[Markup]:
    """The sizes below the axis, as far as they fit; the target is always shown."""
    y, taken = panel.top + _HEIGHT, list[tuple[float, float]]()
    wanted = [size for size, _ in panel.points[::-1]]
    wanted = [panel.target[0], *wanted] if panel.target else wanted
    for size in dict.fromkeys(wanted):
        x, words = panel.x(size), size_text(size)
        half = cells(words) * _CELL / 2 + 4
        yield stroke(x, y, x, y + 4, PAGE_INK["muted"])
        if all(abs(x - other) > half + width for other, width in taken):
            taken.append((x, half))
            yield label(words, min(x, panel.right + _RIGHT - half), y + 17, PAGE_INK["muted"], "middle")
    yield label(name, panel.right, y + 34, PAGE_INK["muted"], "end")


def _marked(found: Scaled, panel: _Panel, size: float, each: Forecast, role: str) -> Markup:
    """A rate with its interval: a disc for a run that was made, a diamond for the target."""
    x, y = panel.x(size), panel.y(each.octave)
    rates = [rate_text(found.rate_at(octave)) for octave in (each.octave, each.low, each.high)]
    said = f"{size_text(size)}: {rates[0]} ({rates[1]} – {rates[2]})"
    if role == "chosen":
        corners = f"{x:.2f},{y - 7:.2f} {x + 7:.2f},{y:.2f} {x:.2f},{y + 7:.2f} {x - 7:.2f},{y:.2f}"
        mark = element("polygon", points=corners, fill=PAGE_INK[role])
    else:
        mark = element("circle", cx=f"{x:.2f}", cy=f"{y:.2f}", r="5", fill=PAGE_INK[role])
    bar = stroke(x, panel.y(each.low), x, panel.y(each.high), PAGE_INK[role], 2)
    return element("g", element("title", text(said)), bar, mark, data_part="target" if role == "chosen" else "size")


def _legend(found: Scaled, page: Page, top: float) -> tuple[tuple[Markup, ...], float]:
    """Every sign with its words, and the height at which the drawing ends."""
    signs = ["size", *(("law", "target") if found.forecast else ())]
    parts, y = list[Markup](), top
    for sign in signs:
        if sign == "law":
            parts.append(stroke(6, y, 34, y, PAGE_INK["chosen"], 2))
        elif sign == "size":
            parts += [
                element("circle", cx="20", cy=f"{y}", r="5", fill=PAGE_INK["late"]),
                stroke(20, y - 9, 20, y + 9, PAGE_INK["late"], 2),
            ]
        else:
            corners = f"20,{y - 7} 27,{y} 20,{y + 7} 13,{y}"
            parts += [
                element("polygon", points=corners, fill=PAGE_INK["chosen"]),
                stroke(20, y - 9, 20, y + 9, PAGE_INK["chosen"], 2),
            ]
        parts.append(label(page.words(f"report.scale.{sign}"), 44, y + 4, PAGE_INK["ink"], "start"))
        y += 22
    return tuple(parts), y
