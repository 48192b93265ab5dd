"""Parameter groups as a table, and their rates by depth as a picture.

Path:   groups of a model, in order from input to output -> text for a terminal, HTML for a notebook.
Units:  rates are absolute, on a logarithmic axis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page, table
from ratecraft.translations.catalogue import rate_text

_BAR = 24  # cells of the longest bar
_CELL = "border:0;border-bottom:1px solid rgba(128,128,128,.35);padding:.15em .8em .15em 0;text-align:"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One parameter group: the layer's name, its rate and share of the head's, its size, its own weight decay."""

    name: str
    rate: float
    factor: float
    tensors: int
    values: int
    weight_decay: float | None = None


def depth_text(rows: Sequence[GroupRow], page: Page) -> str:
    """The table, with a bar for each rate: a decade has the same number of cells in every row."""
    bars = _lengths(rows)
    head = [*_heads(page), ""]
    block = "█" if page.unicode else "#"
    body = [[*_cells(row, page), block * max(1, round(bar * _BAR))] for row, bar in zip(rows, bars, strict=True)]
    return "\n".join(line.rstrip() for line in table([head, *body], gap=2, text_columns=(0, 5)))


def depth_html(rows: Sequence[GroupRow], page: Page) -> str:
    """The same as HTML without script or style sheet."""
    heads = "".join(f'<th style="{_CELL}right">{escape(head)}</th>' for head in (*_heads(page), ""))
    lines: list[str] = []
    for row, bar in zip(rows, _lengths(rows), strict=True):
        said = "".join(f'<td style="{_CELL}right">{escape(cell)}</td>' for cell in _cells(row, page))
        title = escape(page.words("screen.depth.bar", name=row.name, rate=row.rate))
        picture = (
            f'<svg role="img" width="180" height="12"><title>{title}</title>'
            f'<rect width="{max(2.0, 180 * bar):.0f}" height="12" fill="#0072B2"/></svg>'
        )
        lines.append(f'<tr>{said}<td style="{_CELL}left">{picture}</td></tr>')
    return f'<table style="border-collapse:collapse;color:inherit"><tr>{heads}</tr>{"".join(lines)}</table>'


def _heads(page: Page) -> list[str]:
    return [page.words(f"screen.depth.{name}") for name in ("layer", "rate", "factor", "values", "decay")]


def _cells(row: GroupRow, page: Page) -> list[str]:
    decay = page.words("screen.depth.own-decay") if row.weight_decay is None else number_text(row.weight_decay)
    return [row.name, rate_text(row.rate), number_text(row.factor, 2), count_text(row.values), decay]


def _lengths(rows: Sequence[GroupRow]) -> list[float]:
    """The place of each rate between a tenth of the lowest (0) and the highest (1), on a logarithmic scale."""
    rates = [row.rate for row in rows]
    low, high = math.log10(min(rates) / 10), math.log10(max(rates))
    return [(math.log10(rate) - low) / (high - low) for rate in rates]
