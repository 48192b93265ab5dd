"""The prediction and the result: a table, and a pair of lines at the end of the final run's curve.

Path:   `Evidence` -> a section; the panels of the comparison -> the same panels with the pair of lines.
Units:  figures in the unit of the metric; steps are optimizer steps.
"""

from dataclasses import replace

from ratecraft.records.answer import Answer, Span
from ratecraft.reporting.pictures.charts import Line, Panel, Values
from ratecraft.reporting.report.blocks import Section, Table, Text
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.results.foresight import foresight_text
from ratecraft.reporting.text.numbers import numbers_text
from ratecraft.reporting.text.page import Page

_WIDTH = 0.06  # length of these lines, as a share of the run


def foresight_section(evidence: Evidence, page: Page) -> Section | None:
    """The predictions for the final run and for one of twice its steps; None if there were none."""
    answer = evidence.summary.answer
    if answer.foreseen is None:
        return None
    came = answer.tuned.final if answer.tuned else None
    spans: list[tuple[str, Span | None, float | None]] = [
        ("final", answer.foreseen.final, came),
        ("before", answer.foreseen.twice, None),
        ("twice", answer.twice, None),
    ]
    rows = [
        (page.words(f"report.foresight.{name}"), *numbers_text([span.middle, span.low, span.high, seen]))
        for name, span, seen in spans
        if span is not None
    ]
    head = ("", *(page.words(f"report.foresight.{name}") for name in ("expected", "low", "high", "came")))
    table = Table(page.words("report.foresight.table", metric=answer.metric.name), head, tuple(rows))
    said = (Text(text) for text in foresight_text(answer, page))
    return Section("foresight", page.words("report.foresight.title"), (*said, table))


def with_foreseen(panels: tuple[Panel, ...], answer: Answer, page: Page) -> tuple[Panel, ...]:
    """The panels of the full runs; the first, that of the metric, also shows the prediction for the tuned run."""
    first, *others = panels
    if answer.foreseen is None or answer.tuned is None or first.upright.label != answer.metric.name:
        return panels
    ends = {round((1 - _WIDTH) * answer.horizon), answer.horizon}
    places = tuple(sorted({*first.places, *ends}))
    lines = [replace(line, values=_moved(line, first.places, places)) for line in first.lines]
    span = answer.foreseen.final
    for name, value in (("band-low", span.low), ("band-high", span.high)):
        label = page.words(f"report.foresight.{name}")
        lines.append(Line(label, "fit", tuple(value if place in ends else None for place in places)))
    return (replace(first, places=places, lines=tuple(lines)), *others)


def _moved(line: Line, places: tuple[float, ...], onto: tuple[float, ...]) -> Values:
    """The values of a line at other positions, which include its own."""
    held = dict(zip(places, line.values, strict=True))
    return tuple(held.get(place) for place in onto)
