"""A chart as a value: lines over a common axis, in panels below each other, and the JSON that draws it.

Path:   sections of the report -> `Chart` -> JSON in the page -> its script.
Units:  of what is drawn. On the way to JSON numbers are kept to 6 significant digits, which no screen can tell apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

__all__ = ["Axis", "Chart", "Line", "Mark", "Panel", "Role", "Values", "is_wide", "to_json"]

_WIDE = 8.0  # from this ratio of the ends on, values above 0 are read better on a log axis

Values: TypeAlias = tuple[float | None, ...]
"""A value for each place of the panel's axis; None where there is none."""

Role: TypeAlias = Literal["low", "chosen", "high", "own", "constant", "early", "late", "fit"]
"""What a line is of; its colour and dashes follow from it, in every chart alike."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: what is on it, how it runs, and between which values (None: what is drawn decides)."""

    label: str
    is_log: bool = False
    is_rate: bool = False
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `is_faint` stands behind another of its role; `dots` marks its single values."""

    label: str
    role: Role
    values: Values
    is_faint: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one place of the axis.

    An upright line (`chosen`, `own`, `edge`); a `point` on a curve; a `cross` where a run was lost. A cross without
    `at` stands on the side of the bad scores, as `beyond` does, a value that has no place on the axis.
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
    """Panels with one axis along.

    Attributes:
        key: Name of the chart within the page.
        title: What is to be seen.
        along: The common axis.
        panels: From the top.
        band: Lowest and highest place of a shaded stretch.
        is_fault: What is shaded is wrong, and no stretch that is as good.
        stops: Places where the cursor stops, with what is to be said there; none: it stops anywhere.
        bad_is_up: On which side of the first panel the bad scores are.
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
    """Whether values are read better on a log axis.

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
    """Six significant digits; whole numbers without a point; null for what is not a number."""
    if value is None or not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1e9:
        return int(value)
    return float(f"{value:.6g}")
