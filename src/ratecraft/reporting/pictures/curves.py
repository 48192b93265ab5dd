"""Curves over steps, drawn in text and as SVG, on linear axes that include zero.

Path:   schedules bound to a run -> lines of text, or one picture as a file.
Units:  steps across, values upwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ratecraft.reporting.pictures.canvas import Canvas
from ratecraft.reporting.text.numbers import count_text, ticks_text
from ratecraft.reporting.text.page import Page, cells
from ratecraft.schedules.trees.nodes import Schedule

SYMBOLS = {True: "○●◆◇■□▲△", False: "o*#x+@%&"}
_COLOURS = ("#2a6fbb", "#c2571a", "#2e8b57", "#8a4fbf", "#b0413e", "#557a95", "#946c00", "#5b5b5b")
_MARKS = 6
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 260, 70, 16, 30


@dataclass(frozen=True, slots=True)
class Drawn:
    """Curves of one run: their names and their schedules in steps."""

    curves: tuple[tuple[str, Schedule], ...]
    steps: int
    lowest: float
    highest: float

    @property
    def low(self) -> float:
        """The bottom of the picture: zero, or the least value below it."""
        return min(0.0, self.lowest)

    @property
    def high(self) -> float:
        """The top of the picture."""
        return self.highest if self.highest > self.low else self.low + 1.0

    def down(self, value: float) -> float:
        """The vertical position of a value: 0 at the top, 1 at the bottom."""
        return (self.high - value) / (self.high - self.low)

    def step_at(self, share: float) -> int:
        """The step at a share of the run's length."""
        return round(share * (self.steps - 1))


def draw_curves(drawn: Drawn, page: Page, width: int, height: int) -> tuple[str, ...]:
    """The curves as lines of at most `width` cells: `height` rows, the axis, and the steps under it.

    Args:
        drawn: The curves.
        page: Language and alphabet.
        width: At least 40.
        height: At least 4.
    """
    unicode = page.unicode
    values = (drawn.high, (drawn.high + drawn.low) / 2, drawn.low)
    labels = dict(zip((0, (height - 1) // 2, height - 1), ticks_text(values), strict=True))
    gutter = max(map(cells, labels.values()))
    across = page.words("screen.preview.across")
    area = Canvas(width - gutter - cells(across) - 3, height, braille=unicode)
    for _, schedule in drawn.curves:
        _trace(area, drawn, schedule)
    if len(drawn.curves) > 1:
        for index, (_, schedule) in enumerate(drawn.curves):
            _mark(area, drawn, schedule, index, SYMBOLS[unicode][index % len(SYMBOLS[unicode])])
    axis, names = _axis(drawn, area.width, unicode=unicode)
    blank = " " * (gutter + 1)
    return tuple(line.rstrip() for line in (*area.framed(labels, gutter), f"{blank}{axis} {across}", blank + names))


def svg_of(drawn: Drawn, title: str) -> str:
    """The curves as one SVG file, with axes and a legend.

    Example:
        >>> from ratecraft.schedules.builders.constructors import linear
        >>> svg_of(Drawn((("a", linear(1, 0, 10)),), 10, 0.1, 1.0), "a line")[:38]
        '<svg xmlns="http://www.w3.org/2000/svg'
    """
    height = _TOP + _HEIGHT + _BOTTOM + 18 * len(drawn.curves)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}">',
        '<g font-family="sans-serif" font-size="12" fill="#222"><rect width="100%" height="100%" fill="#fff"/>',
        f"<title>{escape(title)}</title>",
        f'<path d="M{_LEFT} {_TOP}v{_HEIGHT}h{_WIDTH}" fill="none" stroke="#888"/>',
    ]
    for value, text in zip(_levels(drawn), ticks_text(_levels(drawn)), strict=True):
        y = _TOP + _HEIGHT * drawn.down(value)
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, text = _LEFT + _WIDTH * share, count_text(drawn.step_at(share))
        lines.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{text}</text>')
    for index, (label, schedule) in enumerate(drawn.curves):
        colour = _COLOURS[index % len(_COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(drawn, schedule))
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        y = _TOP + _HEIGHT + _BOTTOM + 18 * index + 10
        lines.append(f'<text x="{_LEFT}" y="{y}" fill="{colour}">{escape(label)}</text>')
    return "\n".join([*lines, "</g></svg>\n"])


def _points(drawn: Drawn, schedule: Schedule) -> list[tuple[float, float]]:
    count = min(drawn.steps, 2 * _WIDTH)
    shares = [index / max(count - 1, 1) for index in range(count)]
    return [
        (_LEFT + _WIDTH * share, _TOP + _HEIGHT * drawn.down(schedule.at(drawn.step_at(share)))) for share in shares
    ]


def _levels(drawn: Drawn) -> tuple[float, float, float]:
    return drawn.high, (drawn.high + drawn.low) / 2, drawn.low


def _trace(area: Canvas, drawn: Drawn, schedule: Schedule) -> None:
    """Dots along the curve, joined vertically where it jumps."""
    columns, rows = 2 * area.width, 4 * area.height
    before = None
    for column in range(columns):
        row = round(drawn.down(schedule.at(drawn.step_at(column / (columns - 1)))) * (rows - 1))
        first = row if before is None else before + (row > before) - (row < before)
        for at in range(min(first, row), max(first, row) + 1):
            area.dot(column, at)
        before = row


def _mark(area: Canvas, drawn: Drawn, schedule: Schedule, index: int, symbol: str) -> None:
    """The curve's symbol at a few positions, each curve's a little beside the others'."""
    count = len(drawn.curves)
    for mark in range(_MARKS):
        share = (mark + (index + 0.5) / count) / _MARKS
        area.symbol(share, drawn.down(schedule.at(drawn.step_at(share))), symbol)


def _axis(drawn: Drawn, width: int, *, unicode: bool) -> tuple[str, str]:
    corner, rule, notch = ("└", "─", "┬") if unicode else ("+", "-", "+")
    axis, names = [rule] * width, [" "] * (width + 1)
    free = 0
    for share in _shares(drawn.steps):
        at, text = round(share * (width - 1)), count_text(drawn.step_at(share))
        start = min(max(at + 1 - len(text) // 2, 0), width + 1 - len(text))
        if start >= free:
            axis[at] = notch
            names[start : start + len(text)] = text
            free = start + len(text) + 2
    return corner + "".join(axis), "".join(names)


def _shares(steps: int) -> Sequence[float]:
    return (0.0, 0.25, 0.5, 0.75, 1.0) if steps > 4 else [step / max(steps - 1, 1) for step in range(steps)]
