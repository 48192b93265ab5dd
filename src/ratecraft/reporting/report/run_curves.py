"""Runs side by side, step by step: the compared figure, the training loss and the rate, one below the other.

Path:   `Evidence` -> a `RunCurve` for each run -> panels of a chart, and the table behind it.
Units:  steps are optimizer steps, counted from 0; rates are absolute, of the leading group.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ratecraft.records.outcome import Ending
from ratecraft.reporting.pictures.charts import Axis, Line, Mark, Panel, Role, is_wide
from ratecraft.reporting.report.blocks import Table
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.report.thinning import smoothed, thinned, window_of
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import rate_text

_ROWS = 20
_AIR = 0.06
_HIGHEST = 1.6  # of the span of the healthy runs: a diverging loss leaves the picture there


@dataclass(frozen=True, slots=True)
class RunCurve:
    """One run: its name, its losses and rates by step, and the compared figure where it was given.

    `lost_at` is the step at which it blew up; None if it did not.
    """

    label: str
    role: Role
    losses: Sequence[float]
    rates: Sequence[float]
    figures: Mapping[int, float] = field(default_factory=dict[int, float])
    lost_at: int | None = None


def run_curve_of(evidence: Evidence, key: str, label: str, role: Role) -> RunCurve:
    """The curve of a job, including the jobs that it branched off."""
    losses = evidence.losses(key)
    made = evidence.made.get(key)
    lost = made is not None and made.outcome.ending is Ending.BLOWN_UP
    rates, figures = evidence.rates(key), evidence.figures(key)
    return RunCurve(label, role, losses, rates, figures, len(losses) if lost else None)


def steps_axis(courses: Sequence[RunCurve], page: Page) -> Axis:
    """The common axis."""
    last = max(max(len(course.losses), len(course.rates), *course.figures, 1) for course in courses)
    return Axis(page.words("report.course.steps"), range=(0.0, float(last)))


def reading(courses: Sequence[RunCurve], page: Page) -> tuple[str, ...]:
    """A sentence on how to read the panels."""
    window = _window(courses)
    said = [page.words("report.course.window", steps=window)] if window > 1 else []
    said += [page.words("report.course.lost")] if any(course.lost_at for course in courses) else []
    return tuple(said)


def _window(courses: Sequence[RunCurve]) -> int:
    """The number of steps averaged in one value of the thick lines."""
    return window_of(max(len(course.losses) for course in courses))


def run_panels(courses: Sequence[RunCurve], page: Page, metric: str = "") -> tuple[Panel, ...]:
    """The panels: the metric if it is named and was given, the training loss, the rate."""
    panels = [_figures_panel(courses, metric)] if metric and any(course.figures for course in courses) else []
    if any(course.losses for course in courses):
        panels.append(_losses_panel(courses, page))
    panels.append(_rates_panel(courses, page))
    return tuple(panels)


def _figures_panel(courses: Sequence[RunCurve], metric: str) -> Panel:
    told = [course for course in courses if course.figures]
    places = sorted({step for run in told for step in run.figures})
    finite = [value for run in told for value in run.figures.values() if math.isfinite(value)]
    lines = tuple(Line(run.label, run.role, tuple(run.figures.get(step) for step in places), dots=True) for run in told)
    return Panel(Axis(metric, is_log=is_wide(finite)), tuple(map(float, places)), lines, height=250)


def _losses_panel(courses: Sequence[RunCurve], page: Page) -> Panel:
    window = _window(courses)
    told = [course for course in courses if course.losses]
    smooth = [smoothed(run.losses, window) for run in told]
    upright = _losses_axis(told, smooth, page)
    series = [*smooth, *(run.losses for run in told)] if window > 1 else smooth
    steps, values = thinned(series)
    lines = [
        *(
            Line(run.label, run.role, values[len(told) + at], is_faint=True)
            for at, run in enumerate(told)
            if window > 1
        ),
        *(Line(run.label, run.role, values[at]) for at, run in enumerate(told)),
    ]
    marks = tuple(
        Mark("cross", run.lost_at - 1, page.words("screen.ending.blown-up"), _last(run.losses, upright))
        for run in told
        if run.lost_at
    )
    return Panel(upright, tuple(map(float, steps)), tuple(lines), marks, height=260)


def _losses_axis(told: Sequence[RunCurve], smooth: Sequence[Sequence[float]], page: Page) -> Axis:
    """The axis of losses; diverging runs leave the picture at the top, so that the others stay legible."""
    label = page.words("report.course.loss")
    went_well = [line for run, line in zip(told, smooth, strict=True) if run.lost_at is None] or smooth
    finite = [value for line in went_well for value in line if math.isfinite(value)]
    if not finite:
        return Axis(label)
    low, high = min(finite), max(finite)
    ran_away = len(went_well) < len(told)
    if is_wide(finite):
        ratio = (high / low) ** _AIR
        return Axis(label, is_log=True, range=(low / ratio, high * (_HIGHEST if ran_away else 1) * ratio))
    span = (high - low) or max(abs(high), 1.0)
    return Axis(label, range=(low - _AIR * span, low + span * ((_HIGHEST if ran_away else 1) + _AIR)))


def _last(losses: Sequence[float], upright: Axis) -> float | None:
    """Where a run was lost: its last finite loss, limited to the picture."""
    last = next((loss for loss in reversed(losses) if math.isfinite(loss)), None)
    return last if last is None or upright.range is None else min(last, upright.range[1])


def _rates_panel(courses: Sequence[RunCurve], page: Page) -> Panel:
    told = [course for course in courses if course.rates]
    steps, values = thinned([run.rates for run in told])
    positive = [rate for run in told for rate in run.rates if rate > 0]
    peaks = [max(run.rates) for run in told]
    is_log = is_wide([peak for peak in peaks if peak > 0])
    label = page.words("screen.plot.across")
    # On a log axis a cool-down to 0 has no end: two decades are enough to show the fall.
    limits = (min(peak for peak in peaks if peak > 0) / 10, max(peaks) * 1.6) if is_log else None
    if not is_log and positive:
        limits = (0.0, max(peaks) * 1.12)
    lines = [Line(run.label, run.role, line) for run, line in zip(told, values, strict=True)]
    return Panel(Axis(label, is_log, is_rate=True, range=limits), tuple(map(float, steps)), tuple(lines), height=165)


def run_table(courses: Sequence[RunCurve], page: Page, caption: str, metric: str = "") -> Table:
    """The runs in about 20 rows: the step, each run's loss and rate there, and the figure if it is named.

    A loss is the mean of the steps since the row above, the figure the latest by then.
    """
    longest = max(max(len(course.losses), len(course.rates)) for course in courses)
    stops = sorted({-(-longest * row // _ROWS) for row in range(1, _ROWS + 1)})
    loss, rate = page.words("report.course.loss"), page.words("screen.plot.across")
    names = [*([metric] if metric else []), loss, rate]
    head = [page.words("report.course.step")]
    head += [page.words("report.course.of", what=name, run=course.label) for course in courses for name in names]
    rows: list[tuple[str, ...]] = []
    for before, stop in zip([0, *stops], stops, strict=False):
        row = [count_text(stop)]
        for course in courses:
            row += [_figure(course.figures, stop)] if metric else []
            row += [_mean(course.losses[before:stop]), _rate(course.rates, stop)]
        rows.append(tuple(row))
    return Table(caption, tuple(head), tuple(rows))


def _mean(values: Sequence[float]) -> str:
    finite = [value for value in values if math.isfinite(value)]
    return number_text(sum(finite) / len(finite) if finite else None)


def _figure(figures: Mapping[int, float], stop: int) -> str:
    return number_text(figures[max(known)]) if (known := [step for step in figures if step <= stop]) else "–"


def _rate(rates: Sequence[float], stop: int) -> str:
    return rate_text(rates[stop - 1]) if stop <= len(rates) else "–"
