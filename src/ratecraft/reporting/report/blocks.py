"""What a report is made of: words, tables and charts as values, before anything of HTML.

Path:   evidence of a study -> sections of these -> markup.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.reporting.pictures.charts import Chart
from ratecraft.reporting.pictures.picture import Picture

__all__ = [
    "Block",
    "Code",
    "Drawing",
    "Facts",
    "Figure",
    "Listing",
    "Parallel",
    "Report",
    "Section",
    "Stat",
    "Strand",
    "Table",
    "Text",
]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with its value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A numbered list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head. The first `text_columns` hold words, the others figures; a total is set apart."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1
    last_is_total: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Text to paste, with a button that copies it."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, what is to be seen on it, and the table behind it."""

    chart: Chart
    caption: str
    table: Table


@dataclass(frozen=True, slots=True)
class Strand:
    """A line through all axes of a `Parallel`: where it crosses each, 0 … 1, None if it has no place there."""

    places: tuple[float | None, ...]
    is_good: bool = False


@dataclass(frozen=True, slots=True)
class Parallel:
    """Axes below each other, and lines through all of them. An axis is its name and what stands at its two ends."""

    caption: str
    axes: tuple[tuple[str, str, str], ...]
    strands: tuple[Strand, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The one picture of an answer, with what is said over it and under it."""

    picture: Picture | Scaled
    title: str
    caption: str


Block: TypeAlias = Text | Facts | Listing | Table | Code | Figure | Parallel


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under a heading; `folded` is shown when asked for."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    folded: tuple[Block, ...] = ()
    folded_title: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure that is set large: what it is, its value, and what is to be known with it."""

    label: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes:
        language: Code of a language, e.g. `ja`.
        title: Title of the window.
        origin: What was studied, in a line above the verdict.
        verdict: What came out, in a sentence.
        mood: Whether that is good news (`good`), none (`plain`), a question (`open`) or something wrong (`fault`).
        meaning: One more sentence on what the verdict means.
        stats: The few figures that matter.
        remarks: What qualifies the result.
        sections: The parts, in order.
        colophon: The last line.
        drawing: What is to be seen at once.
    """

    language: str
    title: str
    origin: str
    verdict: str
    mood: Literal["good", "plain", "open", "fault"]
    meaning: str
    stats: tuple[Stat, ...]
    remarks: tuple[str, ...]
    sections: tuple[Section, ...]
    colophon: str
    drawing: Drawing | None = None
