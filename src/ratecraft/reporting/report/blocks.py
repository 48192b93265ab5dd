"""The building blocks of a report: words, tables and charts as values, independent of HTML.

Path:   evidence of a study -> sections made of blocks -> markup.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.controllers.scale.answer import Scaled
from ratecraft.reporting.pictures.charts import Chart
from ratecraft.reporting.pictures.picture import Picture


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with a value."""

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
    """Code to paste, with a button that copies it."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, a sentence on what it shows, and the table behind it."""

    chart: Chart
    caption: str
    table: Table


@dataclass(frozen=True, slots=True)
class Strand:
    """A line through all axes of a `Parallel`: where it crosses each (0 … 1), or None if it does not."""

    places: tuple[float | None, ...]
    is_good: bool = False


@dataclass(frozen=True, slots=True)
class Parallel:
    """Axes one below the other, and lines through all of them. An axis is its name and the labels at its two ends."""

    caption: str
    axes: tuple[tuple[str, str, str], ...]
    strands: tuple[Strand, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of an answer, with the text above and below it."""

    picture: Picture | Scaled
    title: str
    caption: str


Block: TypeAlias = Text | Facts | Listing | Table | Code | Figure | Parallel


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under a heading; `folded` is shown on request."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    folded: tuple[Block, ...] = ()
    folded_title: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure in large type: its name, its value, and a remark."""

    label: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes:
        language: Code of a language, e.g. `ja`.
        title: Title of the window.
        origin: What was studied, as a line above the verdict.
        verdict: The result in a sentence.
        mood: Whether that is good news (`good`), neutral (`plain`), undecided (`open`) or a fault (`fault`).
        meaning: One more sentence on what the verdict means.
        stats: The few figures that matter.
        remarks: Qualifications of the result.
        sections: The parts, in order.
        colophon: The last line.
        drawing: The picture at the top.
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
