"""The series of an observed run: comparable losses in one panel, the rate below, and their table.

Path:   `ObservedRun` -> panels of a chart, the table behind it -> the page of a diagnosis, the page of a run.
Units:  steps are those of the run; rates absolute.
"""

import math
from collections.abc import Iterator, Sequence

from ratecraft.records.watching.observed import ObservedRun, ObservedSeries
from ratecraft.records.windows import windowed
from ratecraft.reporting.pictures.charts import Axis, Line, Mark, Panel, Role, is_wide
from ratecraft.reporting.report.blocks import Table
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_ROLES: dict[str, Role] = {"loss": "early", "val_loss": "late", "rate": "chosen"}
_ROWS = 20
_FEW = 60  # up to this many values are drawn with a dot each


def ends_of(run: ObservedRun) -> tuple[int, int]:
    """First and last step of what is drawn; 0 and 0 if nothing is."""
    drawn = _drawn(run)
    first = min((int(series.steps[0]) for series in drawn), default=0)
    return first, max((int(series.steps[-1]) for series in drawn), default=0)


def series_panels(run: ObservedRun, stretch: tuple[int, int], columns: int, page: Page) -> tuple[Panel, ...]:
    """The panels, as fine as `columns` columns can show; empty if there is nothing to draw.

    Args:
        run: The run as it was observed.
        stretch: First and last step of the values.
        columns: Number of columns, with two values each.
        page: Language of the page.
    """
    return tuple(_panel(group, stretch, columns, page) for group in _groups(_drawn(run)))


def series_table(run: ObservedRun, page: Page) -> Table:
    """About 20 rows: the value of each series at a step."""
    drawn, (first, last) = _drawn(run), ends_of(run)
    stops = sorted({first + (last - first) * row // _ROWS for row in range(_ROWS + 1)})
    head = (unit_text(run, page), *(page.words(f"report.diagnosis.{series.name}") for series in drawn))
    rows = tuple((count_text(stop), *(_at(series, stop) for series in drawn)) for stop in stops)
    return Table(page.words("report.diagnosis.table"), head, rows)


def unit_text(run: ObservedRun, page: Page) -> str:
    """The unit of the steps."""
    return page.words("report.diagnosis.epoch" if run.unit == "epoch" else "report.diagnosis.step")


def _drawn(run: ObservedRun) -> list[ObservedSeries]:
    found = (run.series.get(name) for name in _ROLES)
    return [series for series in found if series is not None and (abs(series.values) < math.inf).any()]


def _groups(drawn: Sequence[ObservedSeries]) -> Iterator[list[ObservedSeries]]:
    """Training and validation together, so that the gap between them shows, unless they have no values in common."""
    losses, rest = (
        [series for series in drawn if series.name != "rate"],
        [series for series in drawn if series.name == "rate"],
    )
    spans = [_span(loss) for loss in losses]
    if len(losses) > 1 and max(low for low, _ in spans) <= min(high for _, high in spans):
        yield losses
    else:
        yield from ([loss] for loss in losses)
    yield from ([series] for series in rest)


def _span(series: ObservedSeries) -> tuple[float, float]:
    finite = series.values[abs(series.values) < math.inf]
    return float(finite.min()), float(finite.max())


def _panel(group: Sequence[ObservedSeries], stretch: tuple[int, int], columns: int, page: Page) -> Panel:
    """A panel of one or two series, with a cross where one becomes NaN or infinite."""
    places, shown = windowed([(series.steps, series.values) for series in group], *stretch, columns)
    labels = [page.words(f"report.diagnosis.{series.name}") for series in group]
    is_rate = group[0].name == "rate"
    finite = [value for values in shown for value in values if value is not None]
    axis = Axis(
        page.words("report.diagnosis.losses") if len(group) > 1 else labels[0],
        is_log=not is_rate and is_wide(finite),
        is_rate=is_rate,
    )
    lines = tuple(
        Line(label, _ROLES[series.name], values, dots=sum(value is not None for value in values) < _FEW)
        for series, label, values in zip(group, labels, shown, strict=True)
    )
    marks = tuple(mark for series in group for mark in _broken(series, page))
    return Panel(axis, places, lines, marks, height=150 if is_rate else 260)


def _broken(series: ObservedSeries, page: Page) -> tuple[Mark, ...]:
    """A cross at the first non-finite value, at the height of the last finite one."""
    is_number = abs(series.values) < math.inf
    if is_number.all():
        return ()
    broken = int(is_number.argmin())
    before = float(series.values[broken - 1]) if broken else None
    return (Mark("cross", float(series.steps[broken]), page.words("report.diagnosis.no-number"), before),)


def _at(series: ObservedSeries, step: int) -> str:
    """The latest value up to a step."""
    place = int(series.steps.searchsorted(step, "right")) - 1
    if place < 0:
        return "–"
    value = float(series.values[place])
    return (rate_text(value) if series.name == "rate" else number_text(value)) if math.isfinite(value) else str(value)
