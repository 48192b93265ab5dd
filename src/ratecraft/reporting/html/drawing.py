"""The picture as a drawing: valleys of each length, the full run as predicted and as it came, and a legend.

Path:   `Picture` + `Page` -> SVG, the same in the report, on the card and in a notebook.
Units:  SVG units, which are CSS pixels where the drawing is shown in its own width.

The vertical axis is the square root of the missed share, so that differences near the best are not squeezed.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.html.strokes import label, stroke
from ratecraft.reporting.pictures.picture import Dot, Picture
from ratecraft.reporting.pictures.picture_words import MOST, Entry, legend_of, shares
from ratecraft.reporting.text.numbers import number_text, rate_ticks
from ratecraft.reporting.text.page import Page, cells, wrap
from ratecraft.reporting.verdict import chosen_text
from ratecraft.translations.catalogue import rate_text, rates_text

WIDE = 680
NARROW = 350
PAGE_INK = {
    name: f"var(--{name})" for name in ("paper", "ink", "muted", "rule", "early", "late", "chosen", "own", "high")
}
SIZE = 12
"""The size of the text."""
_LEFT, _RIGHT, _NAME, _LINE = 48, 14, 16, 18
_CELL = 6.2  # width of one cell of text
_HEIGHT, _STRIP = 240, 34  # of the valleys, and of the strip below them with interval and arrow
_R = 4.5
_DASH = {"foreseen": "6 4", "own": "8 4"}


@dataclass(frozen=True, slots=True)
class _Frame:
    """Turns rates and missed shares into positions."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float

    def x(self, rate: float) -> float:
        return self.left + (self.right - self.left) * (math.log10(rate) - self.low) / (self.high - self.low)

    def y(self, missed: float | None) -> float:
        """The height of a missed share; at the upper rim if it is missing or far above the untrained model's."""
        share = MOST if missed is None else min(max(missed, 0.0), MOST)
        return self.bottom - (self.bottom - self.top) * math.sqrt(share / MOST)


def drawing(picture: Picture, page: Page, title: str, width: int = WIDE, ink: Mapping[str, str] = PAGE_INK) -> Markup:
    """The picture as one SVG element.

    Args:
        picture: What is to be seen.
        page: Language.
        title: What it says to those who do not see it.
        width: Width of the drawing. Text keeps its size, so a narrow drawing is not merely a scaled wide one.
        ink: Colour by role.
    """
    parts, height = drawn(picture, page, width, ink)
    shape = {"viewBox": f"0 0 {width} {height:.0f}", "font_size": str(SIZE)}
    return element("svg", element("title", text(title)), parts, role="img", aria_label=title, **shape)


def drawn(picture: Picture, page: Page, width: int, ink: Mapping[str, str]) -> tuple[Markup, float]:
    """The parts of the drawing, for text of `SIZE`, and its height."""
    logs = [math.log10(rate) for rate in picture.rates]
    air = max(0.05 * (max(logs) - min(logs)), 0.12)
    names, axis = list(_names(picture, page)), wrap(page.words("screen.picture.axis"), int((width - 4) / _CELL))
    head = float(_NAME * len(axis))
    top = head + 14 + _NAME * len(names)
    frame = _Frame(_LEFT, width - _RIGHT, top, top + _HEIGHT, min(logs) - air, max(logs) + air)
    key, height = _legend(legend_of(picture, page), frame.bottom + _STRIP + 2 * _LINE + 10, width, ink)
    parts = joined(
        *_grid(picture, frame, page, ink),
        *(label(line, 0, 12 + _NAME * at, ink["muted"], "start") for at, line in enumerate(axis)),
        *_uprights(names, head, frame, ink),
        *_lengths(picture, frame, page, ink),
        *_foreseen(picture, frame, ink),
        *_full(picture, frame, page, ink),
        *_strip(picture, frame, ink),
        *key,
    )
    return parts, height


def _names(picture: Picture, page: Page) -> Iterator[tuple[str, float, str]]:
    """The vertical lines, each with its name in a row of its own."""
    if picture.own:
        yield "own", picture.own, page.words("report.bracket.own", rate=picture.own)
    if picture.chosen:
        yield "chosen", picture.chosen, chosen_text(picture.chosen, page, is_kept=picture.is_kept)


def _grid(picture: Picture, frame: _Frame, page: Page, ink: Mapping[str, str]) -> Iterator[Markup]:
    for missed, name in shares():
        y = frame.y(missed)
        yield stroke(frame.left, y, frame.right, y, ink["rule"])
        yield label(name, frame.left - 6, y + 4, ink["muted"], "end")
    y = frame.bottom + _STRIP
    yield stroke(frame.left, y, frame.right, y, ink["muted"])
    free = 0.0
    ticks = rate_ticks(frame.low, frame.high)
    for rate, name in zip(ticks, rates_text(ticks), strict=True):
        x, half = frame.x(rate), cells(name) * _CELL / 2
        if max(free, frame.left) <= x - half and x + half <= frame.right:
            yield stroke(x, y, x, y + 4, ink["muted"])
            yield label(name, x, y + 16, ink["muted"], "middle")
            free = x + half + 8
    yield label(page.words("screen.plot.across"), frame.right, y + 2 * _LINE - 4, ink["muted"], "end")


def _uprights(
    names: list[tuple[str, float, str]], head: float, frame: _Frame, ink: Mapping[str, str]
) -> Iterator[Markup]:
    lowest = min((rate for _, rate, _ in names), default=0.0)
    for row, (kind, rate, name) in enumerate(names):
        x, y = frame.x(rate), head + 18 + _NAME * row
        wide = cells(name) * _CELL
        is_left = rate == lowest and len(names) > 1  # each name on the outer side of its line: none crosses the other
        begin = min(max(x - 5 - wide if is_left else x + 5, 0), frame.right - wide)
        yield stroke(x, y - 9, x, frame.bottom + _STRIP, ink[kind], 1.5, _DASH.get(kind, ""), part=f"line-{kind}")
        yield label(name, begin + wide if is_left else begin, y, ink[kind], "end" if is_left else "start")


def _lengths(picture: Picture, frame: _Frame, page: Page, ink: Mapping[str, str]) -> Iterator[Markup]:
    for length in picture.lengths:
        role = "late" if length is picture.lengths[-1] else "early"
        known = [dot for dot in length.dots if dot.missed is not None]
        for one, other in pairwise(known):
            ends = (frame.x(one.rate), frame.y(one.missed), frame.x(other.rate), frame.y(other.missed))
            yield stroke(*ends, ink[role], 1.5)
        for dot in length.dots:
            said = page.words("report.bracket.scored", step=length.steps, score=_score(dot, page))
            yield _dot(dot, frame, role, said, ink, is_hollow=role == "early")


def _foreseen(picture: Picture, frame: _Frame, ink: Mapping[str, str]) -> Iterator[Markup]:
    places = [(frame.x(rate), frame.y(missed)) for rate, missed in picture.predicted if missed <= MOST]
    if places:
        path = "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in places)
        look = {"stroke": ink["chosen"], "stroke_width": "2", "stroke_dasharray": _DASH["foreseen"]}
        yield element("path", d=path, fill="none", data_part="foreseen", **look)


def _full(picture: Picture, frame: _Frame, page: Page, ink: Mapping[str, str]) -> Iterator[Markup]:
    for run in picture.full:
        said = page.words(f"screen.picture.{run.kind}", rate=run.dot.rate, score=_score(run.dot, page))
        role = "chosen" if run.kind == "tuned" else "own"
        yield _dot(run.dot, frame, role, said, ink, is_hollow=run.kind == "own", is_square=True)


def _strip(picture: Picture, frame: _Frame, ink: Mapping[str, str]) -> Iterator[Markup]:
    """Below the valleys: the interval, and the arrow from the best rate of the longest probes to the choice."""
    if picture.interval is not None:
        (low, high), y = map(frame.x, picture.interval), frame.bottom + 12
        yield stroke(low, y, high, y, ink["chosen"], 5, part="interval")
    moved = picture.moved
    if moved is None:
        return
    start, end, y = frame.x(moved.start), frame.x(moved.end), frame.bottom + 25
    yield element("circle", cx=f"{start:.2f}", cy=f"{y:.2f}", r="2.5", fill=ink["late"])
    if abs(end - start) > 2:
        tip = math.copysign(min(6.0, abs(end - start)), end - start)
        points = f"{end:.2f},{y:.2f} {end - tip:.2f},{y - 4:.2f} {end - tip:.2f},{y + 4:.2f}"
        yield stroke(start, y, end - tip, y, ink["ink"], 1.5, part="moved")
        yield element("polygon", points=points, fill=ink["ink"])
    words = f"×{moved.factor:.2g}"
    side = frame.right - max(start, end) > 60
    place = max(start, end) + 6 if side else min(start, end) - 6
    yield label(words, place, y + 4, ink["ink"], "start" if side else "end")


def _legend(
    entries: tuple[Entry, ...], top: float, width: int, ink: Mapping[str, str]
) -> tuple[tuple[Markup, ...], float]:
    """Every sign with its words, and the height at which the drawing ends."""
    parts, y = list[Markup](), top
    for entry in entries:
        role = entry.role
        if entry.sign == "line":
            parts.append(stroke(6, y, 34, y, ink[role], 2, _DASH["foreseen"]))
        elif entry.sign == "bar":
            parts.append(stroke(6, y, 34, y, ink[role], 5))
        elif entry.sign == "arrow":
            head = element("polygon", points=f"34,{y} 26,{y - 4} 26,{y + 4}", fill=ink["ink"])
            parts += [stroke(8, y, 26, y, ink["ink"], 1.5), head]
        elif entry.sign == "beyond":
            parts.append(_beyond(20, y, ink[role]))
        elif entry.sign == "cross":
            parts.append(_cross(20, y, ink))
        elif entry.sign != "none":
            parts.append(_mark(20, y, role, ink, is_hollow=entry.is_hollow, is_square=entry.sign == "square"))
        for line in wrap(entry.words, int((width - 44 - _RIGHT) / _CELL)):
            parts.append(label(line, 44, y + 4, ink["ink"], "start", "600" if entry.sign == "none" else ""))
            y += _LINE
    return tuple(parts), y


def _score(dot: Dot, page: Page) -> str:
    return page.words("screen.ending.blown-up") if dot.score is None else number_text(dot.score)


def _dot(
    dot: Dot, frame: _Frame, role: str, said: str, ink: Mapping[str, str], *, is_hollow: bool, is_square: bool = False
) -> Markup:
    x, y = frame.x(dot.rate), frame.y(dot.missed)
    if dot.missed is None:
        mark = _cross(x, y, ink)
    elif dot.missed > MOST:  # it lies beyond the picture
        mark = _beyond(x, y, ink[role])
    else:
        mark = _mark(x, y, role, ink, is_hollow=is_hollow, is_square=is_square)
    kind = f"{'full' if is_square else 'probe'} {role}"
    return element("g", element("title", text(f"{rate_text(dot.rate)}: {said}")), mark, data_part=kind)


def _mark(x: float, y: float, role: str, ink: Mapping[str, str], *, is_hollow: bool, is_square: bool) -> Markup:
    look = {"fill": ink["paper" if is_hollow else role], "stroke": ink[role], "stroke_width": "2"}
    if is_square:
        side = f"{2 * _R:g}"
        return element("rect", x=f"{x - _R:.2f}", y=f"{y - _R:.2f}", width=side, height=side, **look)
    return element("circle", cx=f"{x:.2f}", cy=f"{y:.2f}", r=f"{_R:g}", **look)


def _beyond(x: float, y: float, colour: str) -> Markup:
    return element(
        "polygon", points=f"{x:.2f},{y - 6:.2f} {x - 6:.2f},{y + 5:.2f} {x + 6:.2f},{y + 5:.2f}", fill=colour
    )


def _cross(x: float, y: float, ink: Mapping[str, str]) -> Markup:
    strokes = ((x - _R, y - _R, x + _R, y + _R), (x - _R, y + _R, x + _R, y - _R))
    return joined(*(stroke(*ends, ink["high"], 2.5) for ends in strokes))
