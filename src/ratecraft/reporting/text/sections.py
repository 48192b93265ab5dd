"""The building blocks of end screens: a part with its label at the side, and lists of sentences.

Path:   a screen's paragraphs -> lines of text.
Units:  widths are cells of the terminal.
"""

from collections.abc import Iterable, Sequence

from ratecraft.reporting.text.page import Page, cells, pad, wrap

WIDEST = 100
"""Longer lines are hard to read; code and paths are never broken."""


def labelled(label: str, lines: Iterable[str], label_width: int, page: Page) -> list[str]:
    """Lines with a label before the first, and room for one before the others.

    Args:
        label: Name of the part.
        lines: At least one.
        label_width: Cells from the left to the text.
        page: Colour.
    """
    first, *rest = lines
    head = page.paint(label, "strong") + pad("", label_width - cells(label))
    return [head + first, *(" " * label_width + line for line in rest)]


def listed(bullets: Sequence[str], said: Sequence[str], room: int) -> list[str]:
    """Sentences with a bullet each, wrapped beside it.

    Args:
        bullets: One for each sentence, with the space behind it.
        said: The sentences, in order.
        room: Cells of a line.
    """
    lines: list[str] = []
    for bullet, text in zip(bullets, said, strict=True):
        lines += wrap(bullet + text, room, hang=" " * cells(bullet))
    return lines
