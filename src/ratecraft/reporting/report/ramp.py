"""The ramp: a run whose rate rises at every step, where its loss begins to rise, and what finders read off it.

Path:   `Evidence` -> the section with the ramp.
Units:  rates are absolute, of the leading group, on a log axis.
"""

import math
from collections.abc import Iterator, Sequence

from ratecraft.laws.responses.range_ramp import smoothed
from ratecraft.records.answer import Ramp
from ratecraft.reporting.pictures.charts import Axis, Chart, Line, Mark, Panel, is_wide
from ratecraft.reporting.report.blocks import Figure, Section, Table
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.thinning import thinned
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_RISE = 1.8  # of the span before the edge: how far the picture follows a diverging loss
_AIR = 0.1


def ramp_section(evidence: Evidence, page: Page) -> Section | None:
    """The section; None if no ramp was run."""
    ramp = evidence.summary.answer.ramp
    if ramp is None or len(ramp.losses) < 2:
        return None
    if ramp.edge is None:
        title = page.words("report.ramp.without-edge", rate=ramp.rates[len(ramp.losses) - 1])
    else:
        title = page.words("report.ramp.found", edge=ramp.edge)
    count = len(ramp.losses)
    smooth: list[float] = smoothed(ramp.losses).tolist()
    steps, (thin, thick) = thinned([ramp.losses, smooth])
    places = tuple(ramp.rates[step] for step in steps)
    label = page.words("report.course.loss")
    lines = (Line(label, "late", thin, is_faint=True), Line(label, "late", thick))
    panel = Panel(_upright(ramp, smooth, label), places, lines, tuple(_marks(ramp, smooth, page)), height=320)
    along = Axis(
        page.words("screen.plot.across"), is_log=True, is_rate=True, range=(ramp.rates[0], ramp.rates[count - 1])
    )
    chart = Chart("ramp", title, along, (panel,), band=ramp.edge_interval)
    table = Table(
        page.words("report.ramp.table"),
        (page.words("report.ramp.rule"), page.words("screen.plot.across")),
        tuple(
            (page.words(f"screen.suggestion.{_slug(name)}"), "–" if rate is None else rate_text(rate))
            for name, rate in ramp.suggestions.items()
        ),
    )
    caption = page.words("report.ramp.caption")
    return Section("ramp", page.words("report.ramp.title"), (Figure(chart, caption, table),))


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _upright(ramp: Ramp, smooth: Sequence[float], label: str) -> Axis:
    """A vertical axis that the part before the edge fills."""
    seen = [
        loss
        for rate, loss in zip(ramp.rates, smooth, strict=False)
        if math.isfinite(loss) and (ramp.edge is None or rate <= ramp.edge)
    ]
    if not seen:
        return Axis(label)
    low, high = min(seen), max(seen)
    if is_wide(seen):
        return Axis(label, is_log=True, range=(low / 1.2, high * _RISE))
    span = (high - low) or abs(high) or 1.0
    return Axis(label, range=(low - _AIR * span, low + _RISE * span))


def _marks(ramp: Ramp, smooth: Sequence[float], page: Page) -> Iterator[Mark]:
    if ramp.edge is not None:
        yield Mark("edge", ramp.edge, page.words("report.ramp.edge", edge=ramp.edge))
    for name, rate in ramp.suggestions.items():
        if rate is not None:
            yield Mark("point", rate, page.words(f"report.ramp.{_slug(name)}"), smooth[_step_at(ramp, rate)])


def _step_at(ramp: Ramp, rate: float) -> int:
    """The step whose rate is nearest."""
    return min(range(len(ramp.losses)), key=lambda step: abs(math.log(ramp.rates[step] / rate)))
