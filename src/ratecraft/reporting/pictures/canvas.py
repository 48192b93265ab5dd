"""A small text canvas: dots finer than a cell, and symbols over them.

Path:   plot -> a canvas -> lines of text.
Units:  positions are shares of the area, 0 to 1 from the left and from the top; a Braille cell has 2 × 4 dots.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ratecraft.reporting.text.page import pad

_BRAILLE = 0x2800
# Bit of each dot of a cell, by column and row (Unicode, block "Braille Patterns").
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


@dataclass(slots=True)
class Canvas:
    """Dots and symbols on `width` × `height` cells; symbols cover dots, and later symbols cover earlier ones."""

    width: int
    height: int
    braille: bool = True
    _dots: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    _symbols: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def symbol(self, x: float, y: float, character: str) -> None:
        """Put a character on the cell at this position."""
        self._symbols[_at(x, self.width), _at(y, self.height)] = character

    def dot(self, column: int, row: int) -> None:
        """Set one fine dot, counted in dots from the left and from the top."""
        if 0 <= column < 2 * self.width and 0 <= row < 4 * self.height:
            cell = (column // 2, row // 4)
            self._dots[cell] = self._dots.get(cell, 0) | _BITS[column % 2][row % 4]

    def upright(self, x: float, every: int = 2) -> None:
        """A dotted line from top to bottom."""
        for row in range(0, 4 * self.height, every):
            self.dot(2 * _at(x, self.width), row)

    def line(self, first: tuple[float, float], last: tuple[float, float]) -> None:
        """A straight line between the centres of the cells at two positions, where symbols lie."""
        left, top, right, bottom = (
            2 * _at(first[0], self.width),
            4 * _at(first[1], self.height) + 2,
            2 * _at(last[0], self.width),
            4 * _at(last[1], self.height) + 2,
        )
        count = max(abs(right - left), abs(bottom - top), 1)
        for step in range(count + 1):
            share = step / count
            self.dot(round(left + share * (right - left)), round(top + share * (bottom - top)))

    def lines(self) -> Iterator[str]:
        """The rows from the top, without trailing blanks."""
        for row in range(self.height):
            yield "".join(self._cell(column, row) for column in range(self.width)).rstrip()

    def framed(self, labels: Mapping[int, str], gutter: int) -> Iterator[str]:
        """The rows with a vertical axis at their left.

        Args:
            labels: Label by row; a labelled row gets a tick.
            gutter: Width of the labels in cells.
        """
        bar, tick = ("│", "┤") if self.braille else ("|", "+")
        for row, line in enumerate(self.lines()):
            yield f"{pad(labels.get(row, ''), gutter, 'right')} {tick if row in labels else bar}{line}"

    def _cell(self, column: int, row: int) -> str:
        symbol = self._symbols.get((column, row))
        if symbol is not None:
            return symbol
        bits = self._dots.get((column, row), 0)
        if not bits:
            return " "
        return chr(_BRAILLE + bits) if self.braille else "."


def _at(share: float, count: int) -> int:
    return min(max(round(share * (count - 1)), 0), count - 1)
