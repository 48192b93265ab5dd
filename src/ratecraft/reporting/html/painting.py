"""Turns a drawing into PNG, for places that do not show SVG.

Path:   SVG of `card` -> PNG, by Pillow, an extra.
Units:  SVG units, each `_SHARP` pixels in the file.

It knows only the elements of our own drawings: `line`, `rect`, `circle`, `polygon`, a `path` of straight strokes,
`text`, and `g` with a translation. It does not read SVG from elsewhere.
"""

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias
from xml.etree.ElementTree import Element, fromstring

from ratecraft.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_SHARP = 2
_FINE = 3  # drawn this many times larger, then scaled down, so that edges are smooth
_BOLD = 600  # weights from this on are bold
_SVG = "{http://www.w3.org/2000/svg}"
_CJK = (
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("ヒラギノ角ゴシック W3.ttc", "ヒラギノ角ゴシック W6.ttc"),
    ("YuGothM.ttc", "YuGothB.ttc"),
    ("meiryo.ttc", "meiryob.ttc"),
    ("ipaexg.ttf", "ipaexg.ttf"),
)
_LATIN = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("segoeui.ttf", "segoeuib.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
)
_Place: TypeAlias = tuple[float, float]


def png_of(svg: str) -> bytes:
    """The drawing as PNG.

    Args:
        svg: A drawing of ours.

    Raises:
        InvalidInput: Pillow is not installed (`card-pillow`), or no font here has the letters (`card-font`).
    """
    try:
        from PIL import Image, ImageDraw
    except ModuleNotFoundError as error:
        raise InvalidInput("card-pillow") from error
    root = fromstring(svg)  # noqa: S314 - made here a moment ago
    width, height = (int(root.attrib[name]) for name in ("width", "height"))
    grain = _SHARP * _FINE
    image = Image.new("RGB", (width * grain, height * grain), "white")
    _Brush(ImageDraw.Draw(image), _fonts(svg), grain).paint(root)
    file = io.BytesIO()
    small = image.resize((width * _SHARP, height * _SHARP), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _fonts(words: str) -> tuple[str, str]:
    """Files of a font that has the letters, regular and bold."""
    from PIL import ImageFont

    has_wide = any("\u3040" <= letter <= "\u9fff" for letter in words)
    for names in _CJK if has_wide else (*_LATIN, *_CJK):
        try:
            regular, bold = (str(ImageFont.truetype(name).path) for name in names)
        except OSError:
            continue
        return regular, bold
    raise InvalidInput("card-font")


@dataclass(frozen=True, slots=True)
class _Brush:
    """Paints elements, with an offset and a text size inherited from the groups around them."""

    canvas: "ImageDraw"
    fonts: tuple[str, str]
    grain: int
    x: float = 0.0
    y: float = 0.0
    size: float = 12.0

    def paint(self, within: Element) -> None:
        """Everything within an element, in its order."""
        for element in within:
            look, name = element.attrib, element.tag.removeprefix(_SVG)
            if name == "g":
                moved = re.match(r"translate\(([\d.]+) ([\d.]+)\)", look.get("transform", ""))
                dx, dy = map(float, moved.groups()) if moved else (0.0, 0.0)
                size = float(look.get("font-size", self.size))
                replace(self, x=self.x + dx, y=self.y + dy, size=size).paint(element)
            elif name == "text":
                self._write(element.text or "", look)
            elif name == "line" or (name == "path" and look.get("fill") == "none"):
                self._stroke(_places(name, look), look)
            elif places := _places(name, look):
                self._fill(places, look)

    def _at(self, places: list[_Place]) -> list[_Place]:
        return [((self.x + x) * self.grain, (self.y + y) * self.grain) for x, y in places]

    def _wide(self, look: Mapping[str, str]) -> int:
        return max(round(float(look.get("stroke-width", 1)) * self.grain), 1)

    def _fill(self, places: list[_Place], look: Mapping[str, str]) -> None:
        self.canvas.polygon(self._at(places), look["fill"])
        if "stroke" in look:
            self.canvas.line(self._at([*places, places[0], places[1]]), look["stroke"], self._wide(look), "curve")

    def _stroke(self, places: list[_Place], look: Mapping[str, str]) -> None:
        on, off = map(float, look.get("stroke-dasharray", "1e9 0").split())
        for stretch in _dashes(places, on, off):
            self.canvas.line(self._at(stretch), look["stroke"], self._wide(look), "curve")

    def _write(self, words: str, look: Mapping[str, str]) -> None:
        from PIL import ImageFont

        size = float(look.get("font-size", self.size)) * self.grain
        is_bold = int(look.get("font-weight", 400)) >= _BOLD
        font = ImageFont.truetype(self.fonts[is_bold], size)
        anchor = {"middle": "ms", "end": "rs"}.get(look.get("text-anchor", ""), "ls")
        (place,) = self._at([(float(look["x"]), float(look["y"]))])
        self.canvas.text(place, words, look["fill"], font, anchor)


def _places(name: str, look: Mapping[str, str]) -> list[_Place]:
    """The corners of a shape; many for a circle."""

    def number(key: str) -> float:
        return float(look.get(key, 0))

    if name == "line":
        return [(number("x1"), number("y1")), (number("x2"), number("y2"))]
    if name == "circle":
        turns = [math.tau * part / 48 for part in range(48)]
        x, y, radius = number("cx"), number("cy"), number("r")
        return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
    if name == "rect":
        x, y, width, height = (number(key) for key in ("x", "y", "width", "height"))
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    told = [float(number) for number in re.findall(r"-?[\d.]+", look.get("points", look.get("d", "")))]
    return list(zip(told[::2], told[1::2], strict=True))


def _dashes(places: list[_Place], on: float, off: float) -> Iterator[list[_Place]]:
    """The drawn stretches of a dashed line, whose `on` and `off` alternate."""
    stretch: list[_Place]
    stretch, left, is_drawn = places[:1], on, True
    for start, end in pairwise(places):
        gone, length = 0.0, math.dist(start, end)
        while length - gone > left:
            gone += left
            share = gone / length
            place = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
            if is_drawn:
                yield [*stretch, place]
            is_drawn = not is_drawn
            stretch, left = [place], on if is_drawn else off
        left -= length - gone
        stretch.append(end)
    if is_drawn and len(stretch) > 1:
        yield stretch
