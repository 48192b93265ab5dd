"""A chart as a value: lines over a common axis, in panels one below the other, and the JSON that draws it.

Path:   sections of the report -> `Chart` -> JSON in the page -> its script.
Units:  those of the data. JSON numbers are rounded to 6 significant digits, more than a screen can show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

_WIDE = 8.0  # from this ratio of the ends on, positive values are more legible on a log axis

Values: TypeAlias = tuple[float | None, ...]
"""A value for each position on the panel's axis; None if there is none."""

Role: TypeAlias = Literal["low", "chosen", "high", "own", "constant", "early", "late", "fit"]
"""What a line stands for; its colour and dashes follow from it, the same in every chart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its label, its scale, and its ends (None: the data decide)."""

    label: str
    is_log: bool = False
    is_rate: bool = False
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `is_faint` puts it behind another of its role; `dots` marks its single values."""

    label: str
    role: Role
    values: Values
    is_faint: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one position on the axis.

    A vertical line (`chosen`, `own`, `edge`); a `point` on a curve; a `cross` where a run was lost. A cross without
    `at` stands on the side of the bad scores; so does `beyond`, for a value outside the axis.
    """

    kind: Literal["chosen", "own", "edge", "cross", "point", "beyond"]
    place: float
    label: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over one axis. `height` is in CSS pixels."""

    upright: Axis
    places: tuple[float, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    height: int = 220


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels with a common horizontal axis.

    Attributes:
        key: Name of the chart within the page.
        title: What the chart shows.
        along: The horizontal axis.
        panels: The panels, from the top.
        band: Ends of a shaded stretch.
        is_fault: The shaded stretch is a fault, rather than a range of equally good values.
        stops: Positions where the cursor stops, with the text shown there; if empty, it stops anywhere.
        bad_is_up: Whether bad scores are at the top of the first panel.
    """

    key: str
    title: str
    along: Axis
    panels: tuple[Panel, ...]
    band: tuple[float, float] | None = None
    is_fault: bool = False
    stops: tuple[tuple[float, str], ...] = ()
    bad_is_up: bool = True


def is_wide(values: Sequence[float]) -> bool:
    """Whether values are more legible on a log axis.

    Example:
        >>> is_wide([0.1, 2.3]), is_wide([1.9, 2.3]), is_wide([-1.0, 2.3])
        (True, False, False)
    """
    return bool(values) and min(values) > 0 and max(values) / min(values) > _WIDE


def to_json(chart: Chart) -> dict[str, Any]:
    """The chart as plain JSON values."""
    return {
        "key": chart.key,
        "along": _axis(chart.along),
        "fault": chart.is_fault,
        "band": _numbers(chart.band) if chart.band else None,
        "stops": [[_number(place), said] for place, said in chart.stops],
        "badIsUp": chart.bad_is_up,
        "panels": [
            {
                "upright": _axis(panel.upright),
                "height": panel.height,
                "places": _numbers(panel.places),
                "lines": [
                    {
                        "label": line.label,
                        "role": line.role,
                        "faint": line.is_faint,
                        "dots": line.dots,
                        "values": _numbers(line.values),
                    }
                    for line in panel.lines
                ],
                "marks": [
                    {"kind": mark.kind, "place": _number(mark.place), "label": mark.label, "at": _number(mark.at)}
                    for mark in panel.marks
                ],
            }
            for panel in chart.panels
        ],
    }


def _axis(axis: Axis) -> dict[str, Any]:
    limits = _numbers(axis.range) if axis.range else None
    return {"label": axis.label, "log": axis.is_log, "rate": axis.is_rate, "range": limits}


def _numbers(values: Sequence[float | None]) -> list[float | int | None]:
    return [_number(value) for value in values]


def _number(value: float | None) -> float | int | None:
    """Six significant digits; whole numbers without a point; null for NaN and infinities."""
    if value is None or not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1e9:
        return int(value)
    return float(f"{value:.6g}")
