"""Small charts as SVG: text stays text, colours are names, and what a chart says stands in its title.

Path:   plain numbers (`charts.py`) -> one SVG, the same for the same numbers.
Units:  positions are those of the view box, `WIDTH` across; x and y of a mark are in the units of its axis.

A colour is a class (`a` ... `f`) that sets `color`; shapes use `currentColor`. The file brings its own colours for
light and dark; within a page the page's hold. Lines differ by dashes too, and are labelled.
"""

import html
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["SIZE", "STYLE", "WIDTH", "Axis", "Chart", "Mark", "element", "spread"]

WIDTH, SIZE = 560, 13
TOP, BOTTOM = 14, 46
DASHES = {"a": "", "b": "7 4", "c": "2 3", "d": "9 3 2 3", "e": "4 2", "f": "1 4"}
# As in the report's page.css.
LIGHT = {
    "a": "#0069a8",
    "b": "#bf4408",
    "c": "#00775a",
    "d": "#a1468a",
    "e": "#62676f",
    "f": "#1d1f22",
    "ink": "#1d1f22",
}
DARK = {
    "a": "#62b8ea",
    "b": "#f4905a",
    "c": "#45c79c",
    "d": "#dc97c6",
    "e": "#aab0b8",
    "f": "#e9e7e2",
    "ink": "#e9e7e2",
}


def _colours(names: Mapping[str, str]) -> str:
    return "".join(f".{name}{{color:{colour}}}" for name, colour in names.items())


STYLE = f"<style>{_colours(LIGHT)}@media (prefers-color-scheme:dark){{{_colours(DARK)}}}</style>"
"""The colours of a file that stands alone."""

Mark = tuple[float, float, float, float]
"""Where, its middle, its lowest and its highest value."""


def spread(values: Iterable[float | None]) -> tuple[float, float, float]:
    """The median, the lowest and the highest; what is no number counts as the worst.

    Example:
        >>> spread([3.0, 1.0, None])
        (3.0, 1.0, inf)
    """
    ranked = sorted(math.inf if value is None else value for value in values)
    middle, odd = divmod(len(ranked), 2)
    return (ranked[middle] if odd else (ranked[middle - 1] + ranked[middle]) / 2, ranked[0], ranked[-1])


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; `_` stands for `-` in names, numbers have one digit behind the point.

    Example:
        >>> element("text", "θ < 1", x=2.0, text_anchor="end", class_="a")
        '<text x="2" text-anchor="end" class="a">θ &lt; 1</text>'
    """
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_plain(value)}"' for key, value in attributes.items())
    if not content:
        return f"<{name}{said}/>"
    inside = html.escape(content, quote=False) if name in ("text", "title", "desc") else content
    return f"<{name}{said}>{inside}</{name}>"


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _stroke(path: str, **more: object) -> str:
    return element("path", d=path, fill="none", stroke="currentColor", **more)


def _route(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_plain(x)} {_plain(y)}" for x, y in points)


def _width_of(text: str) -> float:
    """About how wide a text is drawn."""
    return sum(SIZE * (1.0 if unicodedata.east_asian_width(each) in "WF" else 0.54) for each in text)


@dataclass(frozen=True)
class Axis:
    """A scale.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        ticks: Values that are marked, with their words.
        label: What it measures.
        logarithmic: Whether equal factors have equal lengths.
    """

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    label: str
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along a value lies, 0 to 1; beyond the ends it stays at them."""
        if math.isinf(value):
            return 1.0 if value > 0 else 0.0
        scale = math.log if self.logarithmic else float
        low, high, at = (scale(each) for each in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))


@dataclass
class Chart:
    """A chart that grows by what is drawn on it; `svg` is the file.

    Attributes:
        title: What it shows, as a sentence.
        description: The same for who does not see it, with its numbers.
        x: The axis below.
        y: The axis at the left.
        height: Of the view box.
        left: Room for the words of the axis at the left.
        right: Room for words at the ends of lines.
        parts: What has been drawn.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    height: int = 320
    left: int = 56
    right: int = 16
    parts: list[str] = field(default_factory=list[str])

    @property
    def foot(self) -> int:
        """Where the axis below is."""
        return self.height - BOTTOM

    def across(self, value: float) -> float:
        """Of a value of the axis below."""
        return self.left + self.x.share(value) * (WIDTH - self.left - self.right)

    def up(self, value: float) -> float:
        """Of a value of the axis at the left."""
        return self.foot - self.y.share(value) * (self.foot - TOP)

    def _points(self, pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(self.across(x), self.up(y)) for x, y in pairs]

    def line(self, name: str, marks: Sequence[Mark], *, dots: bool = True, band: bool = True) -> None:
        """A line through the middles, the spread about it."""
        middles = self._points((at, middle) for at, middle, _, _ in marks)
        drawn = list[str]()
        if band:
            round_ = [(at, high) for at, _, _, high in marks] + [(at, low) for at, _, low, _ in reversed(marks)]
            drawn.append(element("path", d=f"{_route(self._points(round_))}Z", fill="currentColor", fill_opacity=".16"))
        dash = {"stroke_dasharray": DASHES[name]} if DASHES[name] else {}
        drawn.append(_stroke(_route(middles), stroke_width=2, stroke_linejoin="round", **dash))
        if dots:
            drawn += [element("circle", cx=x, cy=y, r=2.6, fill="currentColor") for x, y in middles]
        self.parts.append(element("g", "".join(drawn), class_=name))

    def dot(self, name: str, at: float, row: float, low: float, high: float, *, hollow: bool = False) -> None:
        """A value along the axis below in a row, with its spread."""
        y = self.up(row)
        bar = _stroke(_route([(self.across(low), y), (self.across(high), y)]), stroke_width=3, stroke_opacity=".4")
        look = {"fill": "none", "stroke": "currentColor", "stroke_width": 2} if hollow else {"fill": "currentColor"}
        self.parts.append(element("g", bar + element("circle", cx=self.across(at), cy=y, r=4.6, **look), class_=name))

    def tick(self, name: str, at: float, row: float) -> None:
        """A small upright stroke in a row."""
        x, y = self.across(at), self.up(row)
        self.parts.append(_stroke(_route([(x, y - 5), (x, y + 5)]), stroke_width=1.6, class_=name))

    def upright(self, name: str, at: float, words: str = "") -> None:
        """A dashed line at a value of the axis below, with a word at its foot."""
        x = self.across(at)
        path = _route([(x, TOP), (x, self.foot)])
        self.parts.append(_stroke(path, stroke_width=1.4, stroke_dasharray="3 3", class_=name))
        if words:
            fits = x + 6 + _width_of(words) < WIDTH - 4
            self.words(name, words, x + (6 if fits else -6), self.foot - 8, "start" if fits else "end")

    def shade(self, name: str, low: float, high: float) -> None:
        """A stretch of the axis below."""
        x, wide = self.across(low), self.across(high) - self.across(low)
        look = {"fill": "currentColor", "fill_opacity": ".1", "class_": name}
        self.parts.append(element("rect", x=x, y=TOP, width=wide, height=self.foot - TOP, **look))

    def say(
        self, name: str, words: str, at: float, value: float, *, anchor: str = "start", dx: float = 7, dy: float = 4
    ) -> None:
        """Words beside a point."""
        self.words(name, words, self.across(at) + dx, self.up(value) + dy, anchor)

    def words(self, name: str, words: str, x: float, y: float, anchor: str) -> None:
        """Words at a position of the view box."""
        self.parts.append(element("text", words, class_=name, x=x, y=y, text_anchor=anchor, fill="currentColor"))

    def cell(self, column: float, row: float, width: float, depth: float, words: str, share: float) -> None:
        """A cell of a table at a position of the view box, the fuller the greater its share."""
        look = {"fill": "currentColor", "fill_opacity": f"{share * 0.42 + 0.04:.2f}", "class_": "c"}
        self.parts.append(element("rect", x=column, y=row, width=width - 3, height=depth - 3, rx=3, **look))
        self.words("ink", words, column + width / 2 - 1.5, row + depth / 2 + 3.5, "middle")

    def axes(self) -> str:
        """Both axes with their words."""
        foot, right = self.foot, WIDTH - self.right
        corner = [(float(self.left), float(TOP)), (float(self.left), float(foot)), (float(right), float(foot))]
        parts = [_stroke(_route(corner), stroke_opacity=".5")]

        def write(words: str, x: float, y: float, anchor: str, **more: object) -> str:
            return element("text", words, x=x, y=y, text_anchor=anchor, fill="currentColor", **more)

        for value, words in self.x.ticks:
            x = self.across(value)
            parts += [_stroke(f"M{_plain(x)} {foot}v5", stroke_opacity=".5"), write(words, x, foot + 19, "middle")]
        for value, words in self.y.ticks:
            y = self.up(value)
            line = _stroke(f"M{self.left} {_plain(y)}H{right}", stroke_opacity=".13")
            parts += [line, write(words, self.left - 7, y + 4.5, "end")]
        parts.append(write(self.x.label, (self.left + right) / 2, self.height - 8, "middle"))
        if self.y.label:
            middle = (TOP + foot) / 2
            parts.append(write(self.y.label, 14, middle, "middle", transform=f"rotate(-90 14 {_plain(middle)})"))
        return element("g", "".join(parts), class_="ink")

    def svg(self, key: str, *, with_axes: bool = True) -> str:
        """The file.

        Args:
            key: Its name, from which the ids of title and description are made.
            with_axes: Without them only what was drawn.
        """
        said = [
            element("title", self.title, id=f"{key}-title"),
            element("desc", self.description, id=f"{key}-text"),
            STYLE,
        ]
        whole = "\n".join(("", *said, *([self.axes()] if with_axes else []), *self.parts, ""))
        return (
            element(
                "svg",
                whole,
                xmlns="http://www.w3.org/2000/svg",
                viewBox=f"0 0 {WIDTH} {self.height}",
                role="img",
                aria_labelledby=f"{key}-title {key}-text",
                font_family="system-ui, sans-serif",
                font_size=SIZE,
            )
            + "\n"
        )
