"""The card: the picture with five lines, as one SVG file to pass on.

Path:   `Summary` + `Page` -> SVG in fixed colours; `painting` makes a PNG of it.
Units:  SVG units, which are CSS pixels.

The file is self-contained: no style sheet, no script, no embedded font; the colours are those of the light page.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.reporting.html.drawing import SIZE, WIDE, drawn
from ratecraft.reporting.html.elements import Markup, element, joined, text
from ratecraft.reporting.pictures.picture import picture_of
from ratecraft.reporting.report.blocks import Stat
from ratecraft.reporting.report.stats import cost_stat, rate_stat, ratio_stat
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.page import Page, wrap
from ratecraft.reporting.verdict import is_kept, sureness_text, verdict_text

INK = {
    "paper": "#fdfdfb",
    "ink": "#1d1f22",
    "muted": "#595e66",
    "rule": "#e2e1da",
    "early": "#7c8794",
    "late": "#0069a8",
    "chosen": "#00775a",
    "own": "#62676f",
    "high": "#bf4408",
}
"""Colour by role."""
_AROUND = 28
_CELL = 0.62  # width of one terminal cell of text, relative to its size
_LEAD = 1.45  # height of a line, relative to its size


@dataclass(frozen=True, slots=True)
class _Line:
    """One of the five lines: its words, size, colour and weight."""

    words: str
    size: int = 14
    role: str = "ink"
    weight: str = ""


def card(summary: Summary, page: Page) -> str:
    """The card of a finished study as an SVG document.

    Args:
        summary: The finished study.
        page: Language.
    """
    lines = tuple(_lines(summary, page))
    words, y = _set(lines)
    picture = picture_of(summary.answer)
    if picture is not None:
        parts, height = drawn(picture, page, WIDE, INK)
        place = f"translate({_AROUND} {y:.0f})"
        words, y = joined(words, element("g", parts, transform=place, font_size=str(SIZE))), y + height
    width, height = WIDE + 2 * _AROUND, round(y) + _AROUND
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    sheet = element("rect", width=str(width), height=str(height), fill=INK["paper"])
    title = element("title", text(lines[0].words))
    look = {"font_family": "system-ui, 'DejaVu Sans', 'Noto Sans', 'Noto Sans CJK JP', sans-serif", "role": "img"}
    whole = element("svg", title, sheet, words, xmlns="http://www.w3.org/2000/svg", **size, **look)
    return f"{whole}\n"


def _lines(summary: Summary, page: Page) -> Iterator[_Line]:
    """The result, its meaning and how sure it is, the rate, its ratio to the script's own, the cost."""
    answer = summary.answer
    verdict, meaning = verdict_text(answer, page)
    yield _Line(verdict, 21, weight="700")
    yield _Line(page.words("report.between").join(filter(None, (meaning, sureness_text(answer, page)))), role="muted")
    role = "ink" if is_kept(answer) else "chosen"
    yield _Line(_told(rate_stat(answer, page), page), 16, role, "700")
    ratio = ratio_stat(answer, page)
    if ratio is not None:
        yield _Line(_told(ratio, page))
    yield _Line(_told(cost_stat(summary, page), page))


def _told(stat: Stat, page: Page) -> str:
    beside = page.words("report.card.beside", beside=stat.beside) if stat.beside else ""
    return page.words("report.card.line", label=stat.label, value=stat.value, beside=beside)


def _set(lines: tuple[_Line, ...]) -> tuple[Markup, float]:
    """The lines below each other, and the place where the rest begins."""
    parts, y = list[Markup](), float(_AROUND)
    for line in lines:
        for words in wrap(line.words, int(WIDE / (line.size * _CELL))):
            y += line.size * _LEAD
            place = {"x": str(_AROUND), "y": f"{y - 0.35 * line.size:.1f}"}
            look = {"font_size": str(line.size), "fill": INK[line.role], "font_weight": line.weight}
            parts.append(element("text", text(words), **place, **look))
        y += 4
    return joined(*parts), y + 20
